#!/usr/bin/env bash
# Runs in dom0: Debian's nginx as Debian configures it, in a Tinyx guest (by LightVM, and the same image under xl), in a stock
# Debian guest, and in a crun container on Debian's root file system. Writes rows as JSON to stdout, progress to stderr.
#   web.sh DIRECTORY CASE...    boot-http, memory-50, image-size; DIRECTORY (on tmpfs) holds lightvm-web, nginx/ (an image's
#                               directory) and debian/ (what debian-guest/make.sh nginx made)
set -euo pipefail
dir=$1
shift
cases=" $* "
rounds=8 count=${LIGHTVM_BENCH_WEB:-50}
debian_mb=${LIGHTVM_BENCH_DEBIAN_MB:-128} # of memory
bridge=webbr xl_address=10.122.0.2 xl_mac=02:00:00:00:7a:02
say() { echo "bench: $*" >&2; }
die() { say "$*"; exit 1; }
web() { "$dir/lightvm-web" "$@"; }
. "$(dirname "$0")/classic.sh"
api() { curl -sf --unix-socket /run/lightvm/lightvmd.sock -H 'Content-Type: application/json' "$@"; }

rows='' # JSON, each preceded by a comma
row() { rows+=$(printf ',\n  {"case": "%s", "who": "%s", "image": "nginx", "guests": %s, "view": "%s", "unit": "%s", "samples": [%s]}' "$@"); }

now_us() { echo "${EPOCHREALTIME/[.,]/}"; }

# What the manifest of the Tinyx image says: FIELD.
manifest() { sed -nE "s/.*\"$1\": *\"?([^\",}]*)\"?.*/\1/p" "$dir/nginx/image.json" | head -n 1; }
file_of() { # kernel or ramdisk
	tr -d '\n' <"$dir/nginx/image.json" | sed -nE "s/.*\"$1\": *\{[^}]*\"file\": *\"([^\"]*)\".*/\1/p"
}

# --- ours, and the Debian guest, which is ours too: NAME
definition() { # WHO NAME
	case $1 in
	lightvm) printf '{"name":"%s","image":"nginx"}' "$2" ;;
	# Each of many reads one disk; what it writes is its tmpfs's.
	debian) printf '{"name":"%s","image":"debian","memory":%d,"adapters":[{"network":"default"}],"disks":[{"path":"%s","readOnly":true}]}' "$2" $((debian_mb << 20)) "$dir/debian/debian.img" ;;
	esac
}
address_of() { sed -nE 's/.*"address":"([0-9.]+)".*/\1/p' <<<"$1" | head -n 1; }

import_debian() {
	local file digest part=()
	for file in vmlinuz initrd.img; do
		digest=$(sha256sum <"$dir/debian/$file" | cut -d' ' -f1)
		api -X PUT -H 'Content-Type: application/octet-stream' -T "$dir/debian/$file" "http://x/v1/blobs/sha256:$digest" >/dev/null
		part+=("{\"file\":\"$file\",\"size\":$(stat -c %s "$dir/debian/$file"),\"digest\":\"sha256:$digest\"}")
	done
	api -X PUT 'http://x/v1/images/debian?force=true' -d "{\"name\":\"debian\",\"kind\":\"linux\",\"kernel\":${part[0]},\"ramdisk\":${part[1]},
		\"minimumMemory\":$((debian_mb << 20)),\"network\":true,\"commandLine\":\"console=hvc0 quiet root=/dev/xvda overlay net.ifnames=0\"}" >/dev/null
}

# --- xl
prepare_xl() {
	start_classic
	make_bridge $bridge 10.122.0.1/24 "$dir/web-vif"
	dnsmasq --conf-file=/dev/null --no-resolv --port=0 --interface=$bridge --bind-interfaces --except-interface=lo --pid-file="$dir/web-dnsmasq" \
		--dhcp-range=$xl_address,static --dhcp-host=$xl_mac,$xl_address --leasefile-ro
	cat >"$dir/web-xl.cfg" <<-EOF
		name = "web-xl"
		type = "pv"
		memory = $(($(manifest minimumMemory) >> 20))
		vcpus = 1
		kernel = "$dir/nginx/$(file_of kernel)"
		ramdisk = "$dir/nginx/$(file_of ramdisk)"
		extra = "$(manifest commandLine)"
		vif = [ "mac=$xl_mac,bridge=$bridge,script=$dir/web-vif" ]
	EOF
}

# --- crun: Debian's root file system below, what each writes above on tmpfs, as container engines have it
prepare_crun() {
	modprobe -a loop overlay
	mkdir -p "$dir/web-lower"
	mountpoint -q "$dir/web-lower" || mount -o ro,loop "$dir/debian/debian.img" "$dir/web-lower"
	local more='"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETGID", "CAP_SETUID", "CAP_KILL"'
	(cd "$dir" && rm -f config.json && crun spec && sed -i -e 's/"terminal": true/"terminal": false/' -e "s/\"CAP_KILL\"/$more/" \
		-e 's/"sh"/"nginx", "-g", "daemon off;"/' -e '/"readonly"/s/true/false/' config.json && mv config.json web-own.json)
	tr -d '\n' <"$dir/web-own.json" | sed -E 's/\{[^{}]*"type": "network"[^{}]*\},?//' >"$dir/web-host.json" # on the host's addresses
}
start_crun() { # NUMBER own|host
	local at=$dir/web-crun-$1
	mkdir -p "$at/upper" "$at/work" "$at/rootfs"
	cp "$dir/web-$2.json" "$at/config.json"
	mount -t overlay -o "lowerdir=$dir/web-lower,upperdir=$at/upper,workdir=$at/work" overlay "$at/rootfs"
	crun run --detach --bundle "$at" "web-$1" >"$at/log" 2>&1 </dev/null || { cat "$at/log" >&2; die "crun does not start container $1"; }
}
ask_crun() { # NUMBER: of one with a network of its own
	local pid
	pid=$(crun state "web-$1" | sed -nE 's/.*"pid": *([0-9]+).*/\1/p')
	nsenter --net="/proc/$pid/ns/net" sh -c "ip link set lo up; '$dir/lightvm-web' http 127.0.0.1 80" >/dev/null
}
end_crun() {
	crun delete --force "web-$1"
	umount "$dir/web-crun-$1/rootfs"
	rm -rf "$dir/web-crun-$1"
}

# --- boot-http: ms from the request to the first answer with status 200
boot_once() { # WHO
	local begin address
	begin=$(now_us)
	case $1 in
	lightvm | debian)
		address=$(address_of "$(web post /v1/guests "{\"start\":true,\"guests\":[$(definition "$1" web-measured)]}")")
		web http "${address:?$1 did not start}" 80 >/dev/null
		;;
	xl) xl create -q "$dir/web-xl.cfg" >&2 && web http $xl_address 80 >/dev/null ;;
	crun) start_crun 0 host && web http 127.0.0.1 80 >/dev/null ;;
	esac || die "$1: nginx does not answer"
	awk "BEGIN { print ($(now_us) - $begin) / 1000 }"
	case $1 in
	lightvm | debian) api http://x/v1/guests/actions -d '{"action":"remove","names":["web-measured"]}' >/dev/null ;;
	xl) xl destroy web-xl ;;
	crun) end_crun 0 ;;
	esac
}
boot_http() {
	local who round
	declare -A samples
	for who in lightvm xl crun debian; do boot_once $who >/dev/null; done # fills caches
	for ((round = 0; round < rounds; round++)); do
		for who in lightvm xl crun debian; do
			[ $who != debian ] || ((round < 4)) || continue # it takes a minute
			samples[$who]+=${samples[$who]:+,}$(boot_once $who)
		done
	done
	for who in lightvm xl debian crun; do
		say "boot-http, $who: ${samples[$who]} ms"
		row boot-http $who 0 client ms "${samples[$who]}"
	done
}

# --- memory-50: KB each of so many at once, each of which has answered
free_kb() { # that neither Xen nor dom0 has given to anybody
	local xen
	sleep 8 # what starts leave behind is done
	xen=$(api http://x/v1/host | sed -nE 's/.*"freeMemory":([0-9]+).*/\1/p')
	awk -v xen="$xen" '/^MemAvailable:/ { printf "%d\n", $2 + xen / 1024 }' /proc/meminfo
}
memory_of() { # WHO
	local who=$1 before after i list='' names='' answer
	before=$(free_kb)
	for ((i = 0; i < count; i++)); do
		case $who in
		crun) start_crun $i own && ask_crun $i ;;
		*) list+=${list:+,}$(definition $who web-$i) names+=${names:+,}\"web-$i\" ;;
		esac
	done
	if [ $who != crun ]; then
		answer=$(web post /v1/guests "{\"start\":true,\"guests\":[$list]}")
		[[ $answer != *'"problem"'* ]] || die "$who: not all of $count start: ${answer:0:400}"
		for ((i = 0; i < count; i++)); do
			web http "$(address_of "$(api "http://x/v1/guests/web-$i")")" 80 >/dev/null || die "$who: number $i does not answer"
		done
	fi
	after=$(free_kb)
	say "memory-50, $who: $(((before - after) / count)) KB each"
	row memory-50 $who $count total KB $(((before - after) / count))
	if [ $who = crun ]; then
		for ((i = 0; i < count; i++)); do end_crun $i; done
	else
		api http://x/v1/guests/actions -d "{\"action\":\"remove\",\"names\":[$names]}" >/dev/null
	fi
}

image_size() {
	local blocks
	blocks=$(du -sk "$dir/web-lower" | cut -f1)
	row image-size lightvm 0 kernel KB $(($(stat -c %s "$dir/nginx/$(file_of kernel)") / 1000))
	row image-size lightvm 0 ramdisk KB $(($(stat -c %s "$dir/nginx/$(file_of ramdisk)") / 1000))
	row image-size debian 0 kernel KB $(($(stat -c %s "$dir/debian/vmlinuz") / 1000))
	row image-size debian 0 ramdisk KB $(($(stat -c %s "$dir/debian/initrd.img") / 1000))
	row image-size debian 0 disk KB $((blocks * 1024 / 1000))
	row image-size crun 0 disk KB $((blocks * 1024 / 1000))
}

prepare_crun
import_debian
if [[ $cases == *" memory-50 "* ]]; then for who in lightvm crun debian; do memory_of $who; done; fi
if [[ $cases == *" image-size "* ]]; then image_size; fi
if [[ $cases == *" boot-http "* ]]; then
	prepare_xl
	boot_http
	kill "$(cat "$dir/web-dnsmasq")"
fi
umount "$dir/web-lower"
printf '[%s\n]\n' "${rows#,}"
