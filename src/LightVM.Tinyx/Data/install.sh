#!/bin/bash
# install.sh LOWER UPPER WORK TARGET PACKAGE...: installs Debian packages over LOWER, as Debian would, into UPPER.
# contain.sh runs it, so whatever it mounts or starts is gone when it is.
# Exit codes: 10 the packages cannot be had, 11 installing failed.
set -eu
lower=$1 upper=$2 work=$3 target=$4
shift 4

mount -t overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$work,redirect_dir=off,metacopy=off" overlay "$target"
mount -t proc proc "$target/proc"
mount -t tmpfs tmpfs "$target/tmp"
mount -t tmpfs tmpfs "$target/var/cache/apt"
mkdir -p "$target/var/cache/apt/archives/partial"
# Only for the way to the package source; neither is part of the image.
touch "$target/etc/resolv.conf"
[ ! -e /etc/resolv.conf ] || mount --bind /etc/resolv.conf "$target/etc/resolv.conf"
mount -t tmpfs -o mode=755 tmpfs "$target/usr/local/sbin"
printf '#!/bin/sh\nexit 101\n' >"$target/usr/sbin/policy-rc.d"
chmod 755 "$target/usr/sbin/policy-rc.d"
cd /
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true LC_ALL=C HOME=/root
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
apt=(chroot "$target" apt-get -q -y --no-install-recommends -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0)
"${apt[@]}" --download-only install "$@" || exit 10
# Install scripts have no network: what they make depends on the packages alone.
unshare --net "${apt[@]}" --no-download install "$@" || exit 11
rm -f "$target/usr/sbin/policy-rc.d"
[ ! -e /etc/resolv.conf ] || umount "$target/etc/resolv.conf"
