#!/usr/bin/env bash
# A real Debian for LinuxGuests.Tests.ps1: prints the directory with vmlinuz, initrd.img (a small one of ours) and
# debian.img (an ext4 file system, its own disk). Kernel and modules are those that the lab has in the project's cache,
# packages come from where this machine's apt has its own. Made once; again when this directory or the kernel changes.
#   make.sh [PACKAGE...]    with these packages too
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lightvm
modules=
for found in "$cache"/lab/linux-image-*/lib/modules/*/; do [ ! -e "$found/vmlinuz" ] || modules=${found%/}; done
[ -n "$modules" ] || { echo "there is no kernel in $cache/lab: boot a lab first" >&2; exit 1; }
version=$(basename "$modules")
kernel=${modules%/lib/modules/*}
digest=$(cat "$here"/* <(echo "$kernel" "$@") | sha256sum | cut -c 1-16)
made=$cache/debian-guest/$digest
if [ -e "$made/done" ]; then
	echo "$made"
	exit
fi
for program in mmdebstrap mke2fs cpio; do
	command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || missing="${missing:-} $program"
done
if [ -n "${missing:-}" ]; then
	echo "the test needs the packages mmdebstrap, e2fsprogs and cpio" >&2
	exit 1
fi
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$cache/debian-guest"
work=$(mktemp -d "$cache/debian-guest/.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The initramfs: busybox, what a root file system on xvda needs, and a script.
root=$work/initramfs
mkdir -p "$root"/{bin,dev,proc,sys,root,lib}
cp /bin/busybox "$root/bin/"
: >"$root/lib/order"
for module in xen-blkfront xen-netfront ext4 overlay; do
	modprobe -d "$kernel" -S "$version" --show-depends "$module" | while read -r what path _; do
		[ "$what" = insmod ] || continue
		name=$(basename "$path")
		grep -qx "$name" "$root/lib/order" && continue
		cp "$path" "$root/lib/"
		echo "$name" >>"$root/lib/order"
	done
done
install -m 755 "$here/init" "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd.img"
rm -rf "$root"

# The root file system, with as little as has systemd, a login and a network.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(COMPONENT) $(CODENAME)' 'Created-By: Packages' |
	sed -n 's/ Debian main [a-z]*$//p' | head -n 1)
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mmdebstrap --quiet --variant=minbase --format=null --include="$(IFS=,; echo "systemd-sysv,udev,iproute2,iputils-ping${*:+,$*}")" \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/zoneinfo/*' \
	--customize-hook="copy-in $here/report /usr/local/sbin" \
	--customize-hook="copy-in $here/report.service /etc/systemd/system" \
	--customize-hook="copy-in $here/20-guest.network /etc/systemd/network" \
	--customize-hook="chroot \"\$1\" systemctl --quiet enable systemd-networkd report.service" \
	--customize-hook="chroot \"\$1\" passwd --quiet --delete root" \
	--customize-hook="echo debian-guest > \"\$1/etc/hostname\"; : > \"\$1/etc/machine-id\"" \
	--customize-hook="rm -rf \"\$1\"/var/cache/apt/* \"\$1\"/var/lib/apt/lists/*" \
	--customize-hook="mkdir $work/tree && mount --bind \"\$1\" $work/tree" \
	--customize-hook="mke2fs -q -t ext4 -d $work/tree $work/debian.img 400M" \
	--customize-hook="umount $work/tree && rmdir $work/tree" \
	"$suite" - "${mirror:?this machine has no apt sources of Debian}" >&2
cp "$modules/vmlinuz" "$work/vmlinuz"
touch "$work/done"
chmod 755 "$work"
rm -rf "$made"
mv "$work" "$made"
trap - EXIT
echo "$made"
