#!/usr/bin/env bash
# ./build.sh bench [CASE...]: boots a fresh lab of its own, measures in its dom0, writes out/bench/results.json.
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
"$lab" up --root "$root" --name bench --memory 6GB >&2
dom0() { "$lab" exec --root "$root" --name bench -- "$@"; }

LIGHTVM_HOST="ssh://lab?config=$out/lab/bench/ssh_config" "$out/shell/lightvm" -c \
	"\$null = Import-LightVMImage '$out/images/noop'" >&2
# On tmpfs, as the guests' images are: what is measured is starting, not reading.
dom0 mkdir -p /run/lightvm-bench
dom0 cp "$out/native/bench/lightvm-bench" /bin/busybox /run/lightvm-bench/
dom0 cp "$out/images/noop/kernel.elf" /run/lightvm-bench/noop.elf
dom0 /run/lightvm-bench/lightvm-bench "$@" >"$out/bench/results.json.new"
mv "$out/bench/results.json.new" "$out/bench/results.json"
echo "rows: $out/bench/results.json" >&2
