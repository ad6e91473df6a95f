#!/usr/bin/env bash
# Runs in dom0: a TCP stream, an echo flood, and a disk, through our data plane and through the kernel's own (xl, bridge,
# netback, blkback), with the same Linux image in the same run, in turn. Writes rows as JSON to stdout, a table to stderr.
#   data-plane.sh DIRECTORY CASE...      DIRECTORY holds lightvm-load
set -euo pipefail
dir=$1
shift
cases=" $* "
rounds=5 tcp_ms=2000 echoes=300 disk_ms=2000
. "$(dirname "$0")/classic.sh"
api() { curl -sf --unix-socket /run/lightvm/lightvmd.sock -H 'Content-Type: application/json' "$@"; }
say() { echo "bench: $*" >&2; }

# The image: Debian's kernel, the front-ends that it has as modules, and lightvm-load as init.
make_image() {
	local root=$dir/root module path
	rm -rf "$root"
	mkdir -p "$root/modules"
	cp "$dir/lightvm-load" "$root/init"
	for module in xen-netfront xen-blkfront; do
		modprobe --show-depends "$module" | while read -r _ path _; do
			[ -e "$root/modules/${path##*/}" ] && continue
			cp "$path" "$root/modules/"
			echo "${path##*/}" >>"$root/modules/order"
		done
	done
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >"$dir/initrd"
	cp "/usr/lib/modules/$(uname -r)/vmlinux" "$dir/vmlinux"
}

describe() { printf '{"file":"%s","size":%d,"digest":"sha256:%s"}' "$1" "$(stat -c %s "$dir/$1")" "$(sha256sum <"$dir/$1" | cut -d' ' -f1)"; }

import_image() {
	local file digest
	for file in vmlinux initrd; do
		digest=$(sha256sum <"$dir/$file" | cut -d' ' -f1)
		api -X PUT -H 'Content-Type: application/octet-stream' -T "$dir/$file" "http://x/v1/blobs/sha256:$digest" >/dev/null
	done
	api -X PUT 'http://x/v1/images/load?force=true' -d "{\"name\":\"load\",\"kind\":\"linux\",\"kernel\":$(describe vmlinux),
		\"ramdisk\":$(describe initrd),\"minimumMemory\":268435456}" >/dev/null
}

start_ours() {
	local i
	api -X PUT http://x/v1/networks/bench -d '{"subnet":"10.120.0.0/24","subnet6":"","dhcp":false,"nat":false}' >/dev/null
	for i in 2 3; do
		api http://x/v1/guests -d "{\"start\":true,\"guests\":[{\"name\":\"load-$i\",\"image\":\"load\",\"memory\":268435456,
			\"commandLine\":\"console=hvc0 quiet load.ip=10.120.0.$i/24\",
			\"adapters\":[{\"network\":\"bench\",\"address\":\"10.120.0.$i\"}],
			\"disks\":[{\"path\":\"/dev/ram$i\"},{\"path\":\"/dev/loop$i\"},{\"path\":\"$dir/file$i\"}]}]}" | grep -q '"problem"' && { say "our guest $i did not start"; exit 1; }
	done
	return 0
}

start_xl() {
	local i
	start_classic xen-blkback
	make_bridge loadbr 10.121.0.1/24 "$dir/vif"
	cat >"$dir/block" <<-'EOF'
		#!/bin/sh
		[ "$1" = add ] || exit 0
		device=$(xenstore-read "$XENBUS_PATH/params")
		numbers=$(stat -L -c %t:%T "${device#*:}")
		xenstore-write "$XENBUS_PATH/physical-device" "$numbers" "$XENBUS_PATH/hotplug-status" connected
	EOF
	chmod 755 "$dir/block"
	for i in 2 3; do
		cat >"$dir/xl-$i.cfg" <<-EOF
			name = "load-xl-$i"
			type = "pv"
			memory = 256
			vcpus = 1
			kernel = "$dir/vmlinux"
			ramdisk = "$dir/initrd"
			extra = "console=hvc0 quiet load.ip=10.121.0.$i/24"
			vif = [ "mac=02:00:00:00:79:0$i,bridge=loadbr,script=$dir/vif" ]
			disk = [ "vdev=xvda,access=rw,backendtype=phy,script=$dir/block,target=/dev/ram1$i",
				"vdev=xvdb,access=rw,backendtype=phy,script=$dir/block,target=/dev/loop1$i" ]
		EOF
		xl create -q "$dir/xl-$i.cfg" || { say "xl's guest $i did not start"; exit 1; }
	done
}

# measure CASE PREFIX: one figure, bytes or echoes per second
measure() {
	local first=$2.2 second=$2.3
	case $1 in
	net-tcp) "$dir/lightvm-load" tcp "$first" $tcp_ms ;;
	net-ping) "$dir/lightvm-load" ping "$first" $echoes ;;
	guest-tcp) "$dir/lightvm-load" at "$first" tcp "$second" $tcp_ms ;;
	guest-ping) "$dir/lightvm-load" at "$first" ping "$second" $echoes ;;
	disk-read | disk-write) "$dir/lightvm-load" at "$first" "$1" /dev/xvda $disk_ms ;;
	loop-read | loop-write) "$dir/lightvm-load" at "$first" "disk-${1#loop-}" /dev/xvdb $disk_ms ;;
	# A raw file: ours is served as it is; xl's block script makes a loop device of it, which its xvdb is already.
	file-read | file-write)
		local device=/dev/xvdc
		[ "$2" = 10.120.0 ] || device=/dev/xvdb
		"$dir/lightvm-load" at "$first" "disk-${1#file-}" $device $disk_ms
		;;
	esac | awk 'NF == 2 { printf "%.0f\n", $1 * 1e9 / $2 } NF != 2 { print > "/dev/stderr"; exit 1 }'
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

make_image
import_image
for i in 2 3 12 13; do
	truncate -s 64M "$dir/disk$i"
	losetup "/dev/loop$i" "$dir/disk$i" 2>/dev/null || { mknod "/dev/loop$i" b 7 "$i" 2>/dev/null || true; losetup "/dev/loop$i" "$dir/disk$i"; }
	dd if=/dev/zero of="$dir/disk$i" bs=1M count=64 conv=notrunc status=none
done
modprobe brd rd_nr=14 rd_size=65536
for i in 2 3 12 13; do dd if=/dev/zero of="/dev/ram$i" bs=1M count=64 status=none; done
for i in 2 3; do dd if=/dev/zero of="$dir/file$i" bs=1M count=64 status=none; done
start_ours
start_xl
for prefix in 10.120.0 10.121.0; do
	for i in 2 3; do "$dir/lightvm-load" at "$prefix.$i" ping 127.0.0.1 10 >/dev/null; done
done
say "all four guests serve"

first=yes
echo '['
printf '\n%-12s %14s %14s %8s\n' case lightvm xl ratio >&2
for case in net-tcp net-ping guest-tcp guest-ping disk-read disk-write loop-read loop-write file-read file-write; do
	[[ $cases == *" $case "* ]] || continue
	: >"$dir/ours" >"$dir/theirs"
	measure $case 10.120.0 >/dev/null
	measure $case 10.121.0 >/dev/null
	for ((round = 0; round < rounds; round++)); do
		measure $case 10.120.0 >>"$dir/ours"
		measure $case 10.121.0 >>"$dir/theirs"
	done
	ours=$(median <"$dir/ours") theirs=$(median <"$dir/theirs")
	printf '%-12s %14d %14d %8.2f\n' $case "$ours" "$theirs" "$(awk -v a="$ours" -v b="$theirs" 'BEGIN { print a / b }')" >&2
	unit=bytes/s
	[[ $case != *-ping ]] || unit=echoes/s
	for who in lightvm xl; do
		[ $first = yes ] || echo ','
		first=no
		samples=$dir/ours
		[ $who = lightvm ] || samples=$dir/theirs
		printf '  {"case": "%s", "who": "%s", "image": "load", "guests": 0, "view": "client", "unit": "%s", "samples": [%s]}' \
			$case $who $unit "$(paste -sd, "$samples")"
	done
done
printf '\n]\n'
api http://x/v1/guests/actions -d '{"action":"remove","names":["load-2","load-3"]}' >/dev/null
for i in 2 3; do xl destroy "load-xl-$i"; done
