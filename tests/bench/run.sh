#!/usr/bin/env bash
# ./build.sh bench [--guests 0,100,...] [--peers 200] [CASE...]: boots a lab of its own, measures in its dom0, and reports.
# Rows go to out/bench/rows, one file for each part of a run; from all of them the report makes tables and charts in out/bench.
# A run of everything writes its tables into docs/benchmarks.md and README.md; so does `report --publish`, which measures nothing.
set -euo pipefail
{ # bash reads all of this before it runs any: a run takes long enough for the file to change meanwhile
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$root/out
rows=$out/bench/rows
lab="$out/lab-tool/lightvm-lab"
here=/run/lightvm-bench # in dom0: on tmpfs, as the guests' images are; what is measured is starting, not reading
part_limit=1500         # seconds
levels=0,100,500,1000,2000
beside=200 # of a peer's own

own=(create build claim clone daytime save bulk idle-cpu memory) # measured by lightvm-bench, with no xenstored on the host
net=(net-tcp net-ping guest-tcp guest-ping)
disk=(disk-read disk-write loop-read loop-write file-read file-write)
web=(boot-http memory-50 image-size) # Debian's nginx in a Tinyx guest and elsewhere
. "$root/tests/bench/describe.sh"
say() { echo "bench: $*" >&2; }
die() { say "$*"; exit 1; }
usage() { die "there is no case '$1'; cases: destroy restore ${own[*]} migrate fleet ${net[*]} ${disk[*]} net disk ${web[*]} web peers peers-beside report"; }

publish=() selected=" " data=() sites=() report_only=no migrate=no fleet=no
while [ $# -gt 0 ]; do
	case $1 in
	--guests) levels=${2:?--guests takes numbers like 0,100,500}; shift ;;
	--peers) beside=${2:?--peers takes a number}; shift ;;
	--publish) publish=(--publish) ;;
	report) report_only=yes ;;
	migrate) migrate=yes ;;
	fleet) fleet=yes ;;
	destroy) selected+="create " ;; # which removes what it creates
	restore) selected+="save " ;;
	net) data+=("${net[@]}") ;;
	disk) data+=("${disk[@]}") ;;
	web) sites+=("${web[@]}") ;;
	*)
		if [[ " ${own[*]} peers peers-beside " == *" $1 "* ]]; then selected+="$1 "
		elif [[ " ${net[*]} ${disk[*]} " == *" $1 "* ]]; then data+=("$1")
		elif [[ " ${web[*]} " == *" $1 "* ]]; then sites+=("$1")
		else usage "$1"; fi
		;;
	esac
	shift
done
mkdir -p "$rows"

report() { dotnet "$out/bench-report/LightVM.BenchReport.dll" --root "$root" "${publish[@]}"; }
if [ $report_only = yes ]; then
	report
	exit
fi
between() { # two labs of their own
	[ $migrate = no ] || { say migrate; "$root/tests/bench/migrate.sh"; }
	[ $fleet = no ] || { say fleet; "$root/tests/bench/fleet.sh" $((most < 1000 ? most : 1000)); }
}
most=${levels##*,}
[[ $most =~ ^[0-9]+$ ]] || die "--guests takes numbers like 0,100,500, not '$levels'"
if [ "$selected" = " " ] && [ ${#data[@]} -eq 0 ] && [ ${#sites[@]} -eq 0 ] && [ $migrate$fleet != nono ]; then
	between
	report
	exit
elif [ "$selected" = " " ] && [ ${#data[@]} -eq 0 ] && [ ${#sites[@]} -eq 0 ]; then # everything
	selected=" ${own[*]} peers peers-beside " data=("${net[@]}" "${disk[@]}") sites=("${web[@]}") migrate=yes fleet=yes publish=(--publish)
	rm -f "$rows"/*.json
fi
memory=$(((most * 9 / 2 + 1023) / 1024 + 3))
[ $memory -ge 6 ] || memory=6
[[ " ${sites[*]} " != *" memory-50 "* ]] || [ $memory -ge 12 ] || memory=12
available=$(awk '/^MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)
[ "$available" -ge $memory ] || die "$most guests need a lab of $memory GB, and this machine has $available GB to spare: fewer by --guests 0,100,500"
if "$lab" status --root "$root" >/dev/null 2>&1; then
	die "this checkout's lab is up, and a second one beside it would distort every figure; ./build.sh lab down first"
fi

dom0() { "$lab" exec --root "$root" --name bench -- "$@"; }
finish() {
	local rc=$?
	if [ $rc -ne 0 ]; then
		say "the end of lightvmd's and lightvm-io's log, and of the host's console:"
		timeout 30 "$lab" exec --root "$root" --name bench -- journalctl -u lightvmd -u lightvm-io -n 25 --no-pager >&2 || true
		tail -n 5 "$out/lab/bench/serial.log" >&2 || true
	fi
	timeout 120 "$lab" down --root "$root" --name bench >/dev/null 2>&1 || say "the lab did not stop cleanly"
}
trap finish EXIT
"$lab" up --root "$root" --name bench --memory ${memory}GB --cpus 2 >&2
dom0 mkdir -p $here
dom0 cp "$out/native/bench/lightvm-bench" "$out/native/bench/lightvm-load" /bin/busybox $here/
for image in noop hello daytime http netperf disk; do
	LIGHTVM_HOST="ssh://lab?config=$out/lab/bench/ssh_config" "$out/shell/lightvm" -c \
		"\$null = Import-LightVMImage '$out/images/$image'" >&2
	dom0 cp "$out/images/$image/kernel.elf" "$here/$image.elf"
done

run=$(describe_run bench "$memory GB, 2 CPUs, dom0 1.5 GB")

# measure PART CMD...: its rows, with what they depend on, become the part's file; a failed part leaves the former one.
measure() {
	local part=$1 start=$SECONDS
	shift
	say "$part"
	timeout $part_limit "$lab" exec --root "$root" --name bench -- "$@" >"$rows/$part.new" ||
		die "$part failed, or took more than $part_limit s"
	{ printf '{"run": %s, "rows":\n' "$run"; cat "$rows/$part.new"; echo '}'; } >"$rows/$part.json"
	rm "$rows/$part.new"
	say "$part took $((SECONDS - start)) s"
}
# The images that web.sh wants, into dom0.
make_sites() {
	local debian
	mkdir -p "$out/bench"
	rm -rf "$out/bench/nginx" "$out/bench/debian"
	LIGHTVM_HOST="ssh://lab?config=$out/lab/bench/ssh_config" "$out/shell/lightvm" -c \
		"Build-TinyxImage -Package nginx -Command 'nginx -g \"daemon off;\"' -Port 80 -Name nginx -OutputDirectory '$out/bench/nginx' | Import-LightVMImage" >&2
	debian=$("$root/tests/lab/debian-guest/make.sh" nginx | tail -n 1)
	cp -r --sparse=always "$debian" "$out/bench/debian"
	dom0 cp -r --sparse=always /mnt/out/bench/nginx /mnt/out/bench/debian $here/
	dom0 cp "$out/native/bench/lightvm-web" $here/
}
chosen() { [[ $selected == *" $1 "* ]]; }

for case in "${own[@]}"; do
	chosen "$case" && measure "$case" $here/lightvm-bench --guests "$levels" "$case"
done
# From here on an xenstored runs.
if [ -z "${LIGHTVM_BENCH_NO_PEERS:-}" ]; then
	chosen daytime && measure daytime-peers $here/lightvm-bench daytime-peers
	chosen save && measure save-peers $here/lightvm-bench save-peers
	chosen peers && measure peers $here/lightvm-bench peers
	[ ${#sites[@]} -eq 0 ] || { make_sites && measure web bash "$root/tests/bench/web.sh" $here "${sites[@]}"; }
	[ ${#data[@]} -eq 0 ] || measure data bash "$root/tests/bench/data-plane.sh" $here "${data[@]}"
	chosen peers-beside && measure peers-beside $here/lightvm-bench --peers "$beside" peers-beside
fi
if [ $migrate$fleet != nono ]; then
	"$lab" down --root "$root" --name bench >&2
	between
fi
report
exit
}
