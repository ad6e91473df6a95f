#!/bin/sh
# Fetches lwIP's source as Debian has it, unmodified, into the user's cache, once, and prints the directory. The package
# source is the machine's own; its lists are made anew in the cache with source entries, so nothing in /etc/apt changes.
set -eu

version=2.1.3+dfsg1-2
upstream=2.1.3
tarball=lwip_2.1.3+dfsg1.orig.tar.xz
sha256=0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24

cache=${XDG_CACHE_HOME:-$HOME/.cache}/lightvm/lwip
entry=$cache/lwip_$version
if [ -d "$entry" ]; then
	echo "$entry"
	exit
fi

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
if [ -d "$entry" ]; then
	echo "$entry"
	exit
fi
rm -rf "$cache"/.new-*
work=$cache/.new-$$
mkdir -p "$work/sources" "$work/state/lists/partial" "$work/cache/archives/partial" "$work/download"
trap 'rm -rf "$work"' EXIT

# One-line lists: "deb ..." becomes "deb-src ...". deb822 files: "Types: deb" becomes "Types: deb-src".
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
	[ ! -e "$file" ] || sed -nE 's/^[[:space:]]*deb(-src)?([[:space:]])/deb-src\2/p' "$file" | sort -u >"$work/sources/$(basename "$file" .list).list"
done
for file in /etc/apt/sources.list.d/*.sources; do
	[ ! -e "$file" ] || sed -E 's/^Types:.*/Types: deb-src/' "$file" >"$work/sources/$(basename "$file")"
done
cat >"$work/apt.conf" <<-EOF
	Dir::Etc::sourcelist "/dev/null";
	Dir::Etc::sourceparts "$work/sources";
	Dir::State "$work/state";
	Dir::Cache "$work/cache";
	APT::Sandbox::User "root";
EOF
export APT_CONFIG="$work/apt.conf"

# Some of the machine's sources may have no source packages: what counts is whether the file comes.
apt-get update -q >"$work/log" 2>&1 || true
cd "$work/download"
if ! apt-get source -q --download-only "lwip=$version" >>"$work/log" 2>&1 &&
	! apt-get source -q --download-only lwip >>"$work/log" 2>&1; then
	tail -n 20 "$work/log" >&2
	echo "fetch.sh: the machine's package source has no source package lwip $version (Debian 12)" >&2
	exit 1
fi
if ! echo "$sha256  $tarball" | sha256sum -c --quiet >&2; then
	echo "fetch.sh: $tarball is not the file that lwIP $version is known by" >&2
	exit 1
fi
tar -xf "$tarball"
mv "lwip-$upstream" "$entry"
echo "$entry"
