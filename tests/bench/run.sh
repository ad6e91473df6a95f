#!/usr/bin/env bash
# ./build.sh bench [CASE...]: boots a fresh lab of its own, measures in its dom0, writes out/bench/results.json.
# In dom0, lightvm-bench itself with LIGHTVM_BENCH_NO_PEERS=1 leaves xl and the container runtimes out.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$root/out
lab="$out/lab-tool/lightvm-lab"
mkdir -p "$out/bench"

if "$lab" status --root "$root" >/dev/null 2>&1; then
	echo "bench: this checkout's lab is up, and a second one beside it would distort every figure; ./build.sh lab down first" >&2
	exit 1
fi
trap '"$lab" down --root "$root" --name bench >/dev/null 2>&1 || echo "bench: the lab did not stop cleanly" >&2' EXIT
"$lab" up --root "$root" --name bench --memory 6GB --cpus 2 >&2
dom0() { "$lab" exec --root "$root" --name bench -- "$@"; }

# Which program measures which case.
start_cases=() data_cases=()
[ $# -gt 0 ] || set -- create daytime memory net disk
for case in "$@"; do
	case $case in
	create | daytime | memory) start_cases+=("$case") ;;
	net-tcp | net-ping | guest-tcp | guest-ping | disk-read | disk-write | file-read | file-write) data_cases+=("$case") ;;
	net) data_cases+=(net-tcp net-ping guest-tcp guest-ping) ;;
	disk) data_cases+=(disk-read disk-write file-read file-write) ;;
	*) echo "bench: there is no case '$case'; cases: create daytime memory net-tcp net-ping guest-tcp guest-ping disk-read disk-write file-read file-write, net, disk" >&2; exit 1 ;;
	esac
done
# On tmpfs, as the guests' images are: what is measured is starting, not reading.
dom0 mkdir -p /run/lightvm-bench
dom0 cp "$out/native/bench/lightvm-bench" "$out/native/bench/lightvm-load" /bin/busybox /run/lightvm-bench/
if [ ${#start_cases[@]} -gt 0 ]; then
	for image in noop hello daytime http netperf disk; do
		LIGHTVM_HOST="ssh://lab?config=$out/lab/bench/ssh_config" "$out/shell/lightvm" -c \
			"\$null = Import-LightVMImage '$out/images/$image'" >&2
		dom0 cp "$out/images/$image/kernel.elf" "/run/lightvm-bench/$image.elf"
	done
	dom0 /run/lightvm-bench/lightvm-bench "${start_cases[@]}" >"$out/bench/results.json.new"
	mv "$out/bench/results.json.new" "$out/bench/results.json"
	echo "rows: $out/bench/results.json" >&2
fi
if [ ${#data_cases[@]} -gt 0 ]; then
	dom0 bash "$root/tests/bench/data-plane.sh" /run/lightvm-bench "${data_cases[@]}" >"$out/bench/data.json.new"
	mv "$out/bench/data.json.new" "$out/bench/data.json"
	echo "rows: $out/bench/data.json" >&2
fi
