#!/usr/bin/env bash
# The case 'migrate': boots two labs of one CPU, joined by a wire, and moves daytime between them, by Move-LightVM and by xl in turn.
# Each over connections that are open: ours is a session of lightvm with one ssh to each host, xl's runs in the one dom0 (its own start is
# counted: that is how it is used) over a ControlMaster to the other. Where Xen does not log what PV guests write, as Debian's, xl migrate
# fails: xl save into xl restore, over the same connection, stands for it, and the row says so. Writes out/bench/rows/migrate.json.
# migrate.sh [ROUNDS]
set -euo pipefail
{ # bash reads all of this before it runs any
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$root/out
rows=$out/bench/rows
lab="$out/lab-tool/lightvm-lab"
rounds=${1:-10}
here=/run/lightvm-bench
. "$root/tests/bench/describe.sh"
say() { echo "bench: $*" >&2; }
die() { say "$*"; exit 1; }
dom0() { local name=$1; shift; "$lab" exec --root "$root" --name "$name" -- bash -c "$*"; }
finish() {
	local name
	exec 8>&- || true
	[ -z "${session:-}" ] || wait "$session" || true
	for name in bench bench2; do "$lab" down --root "$root" --name $name >/dev/null 2>&1 || say "lab $name did not stop cleanly"; done
	rm -rf "$work"
}
work=$(mktemp -d)
trap finish EXIT
mkdir -p "$rows"
"$lab" up --root "$root" --name bench --wire bench2 --memory 2GB --cpus 1 >"$work/up" 2>&1 &
"$lab" up --root "$root" --name bench2 --wire bench --memory 2GB --cpus 1 >&2
wait $! || { cat "$work/up" >&2; exit 1; }

# The wire, a bridge, xl's daemons, what xen-utils' hotplug script comes to, and a ControlMaster from the one dom0 to the other, by the lab's own key.
classic='curl -sf -X POST --unix-socket /run/lightvm/lightvmd.sock http://x/v1/host/domain-events/release;
modprobe xen-netback; mkdir -p /run/lock /run/xen /run/xenstored /var/lib/xen /var/log/xen; b=/usr/lib/xen-4.17/bin
pidof oxenstored xenstored >/dev/null || { $b/oxenstored || xenstored; }; $b/xen-init-dom0 >/dev/null && { pidof xenconsoled >/dev/null || $b/xenconsoled; }'
address=1
for name in bench bench2; do
	dom0 $name "ip link add br0 type bridge; ip link set eth1 master br0; ip link set eth1 up; ip link set br0 up; ip addr add 10.99.0.$address/24 dev br0
mkdir -p $here; cp $out/images/daytime/kernel.elf $here/daytime.elf; $classic
printf '%s\n' '#!/bin/sh' '[ \"\$1\" = online ] || [ \"\$1\" = add ] || exit 0' 'ip link set \"\$vif\" master br0 up || exit 1' \
	'xenstore-write \"\$XENBUS_PATH/hotplug-status\" connected' >$here/vif; chmod 755 $here/vif" >&2
	address=$((address + 1))
done
other() { [ "$1" = bench ] && echo bench2 || echo bench; }
address_of() { [ "$1" = bench ] && echo 10.99.0.1 || echo 10.99.0.2; }
for name in bench bench2; do
	dom0 $name "install -m 600 /mnt/out/lab/$(other $name)/id_ed25519 $here/id; ssh -i $here/id -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
-o ControlPath=$here/master -o ControlMaster=yes -o ControlPersist=yes -o KexAlgorithms=curve25519-sha256 -fN root@$(address_of "$(other $name)")" </dev/null >&2
done
printf 'name = "bench-xl"\ntype = "pv"\nmemory = 4\nvcpus = 1\nkernel = "%s/daytime.elf"\nextra = "ip=10.99.0.50/24"\nvif = [ "bridge=br0,script=%s/vif" ]\n' $here $here |
	"$lab" exec --root "$root" --name bench -- bash -c "cat > $here/xl.cfg"
dom0 bench "xl create -q $here/xl.cfg" >&2

# Our mover: a session that does what it reads, and says how long each took.
config() { echo "ssh://lab?config=$out/lab/$1/ssh_config"; }
mkfifo "$work/ask" "$work/said"
cat >"$work/session.ps1" <<'PS'
param($one, $two, $image)
$null = Import-LightVMImage $image -HostName $one, $two
$null = New-LightVMNetwork wire -Bridge br0 -HostName $one, $two
$null = New-LightVM bench-ours daytime -Memory 4MB -NetworkAdapter wire -HostName $one
$hosts = $one, $two
$at = 0
[Console]::Out.WriteLine('ready')
while ($line = [Console]::In.ReadLine()) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    Move-LightVM bench-ours -Destination $hosts[1 - $at] -HostName $hosts[$at] -ErrorAction Stop
    [Console]::Out.WriteLine($clock.Elapsed.TotalMilliseconds.ToString([Globalization.CultureInfo]::InvariantCulture))
    $at = 1 - $at
}
PS
"$out/shell/lightvm" "$work/session.ps1" "$(config bench)" "$(config bench2)" "$out/images/daytime" <"$work/ask" >"$work/said" 2>"$work/session.log" &
session=$!
exec 8>"$work/ask" 9<"$work/said"
read -r answer <&9 || { cat "$work/session.log" >&2; exit 1; }
ours() { echo move >&8; read -r ms <&9 || { cat "$work/session.log" >&2; return 1; }; echo "$ms"; }
# xl's way, in its dom0: ms, or its own words and a failure. Its guest runs at one host throughout, or at the other.
by_migrate='xl migrate -s "ssh -o ControlPath=$here/master -l root" bench-xl $to'
by_stream='xl save bench-xl /dev/stdout | ssh -o ControlPath=$here/master -l root $to "cat | xl restore /dev/stdin"'
peer() { # FROM COMMAND
	dom0 "$1" "here=$here to=$(address_of "$(other "$1")"); set -o pipefail; b=\$EPOCHREALTIME; { $2; } >\$here/xl.log 2>&1 </dev/null || { tail -n 5 \$here/xl.log >&2; exit 1; }
e=\$EPOCHREALTIME; echo \$(( (\${e/./} - \${b/./}) / 1000 ))" </dev/null
}
answers() { # of xl's guest, by which a move is known to have worked
	local i
	for ((i = 0; i < 50; i++)); do
		dom0 bench "timeout 2 bash -c 'cat </dev/tcp/10.99.0.50/13' 2>/dev/null | grep -q UTC" </dev/null && return
	done
	die "xl's guest does not answer any more"
}
answers
way=$by_migrate way_name="xl migrate"
if ! peer bench "$way" >&2; then
	say "xl migrate fails here; xl save into xl restore in its place"
	dom0 bench "xl list bench-xl >/dev/null" </dev/null || die "xl's guest is lost"
	way=$by_stream way_name="xl save into xl restore, since xl migrate fails for PV guests of this Xen"
	theirs_at=bench
else
	theirs_at=bench2
fi
answers
ours_ms=() xl_ms=()
for ((i = 0; i <= rounds; i++)); do # the first of each warms up
	mine=$(ours)
	theirs=$(peer $theirs_at "$way")
	theirs_at=$(other $theirs_at)
	answers
	say "round $i: ours $mine ms, xl $theirs ms"
	[ $i -gt 0 ] || continue
	ours_ms+=("$mine")
	xl_ms+=("$theirs")
done
list() { local IFS=,; echo "$*"; }
row() { printf '  {"case": "migrate", "who": "%s", "image": "daytime", "guests": 0, "view": "client", "unit": "ms", "samples": [%s]}' "$1" "$2"; }
{
	printf '{"run": %s, "rows":\n[\n' "$(describe_run bench "two, each of 2 GB, 1 CPU; xl by $way_name")"
	row lightvm "$(list "${ours_ms[@]}")"
	printf ',\n'
	row xl "$(list "${xl_ms[@]}")"
	printf '\n]\n}\n'
} >"$work/migrate.json"
mv "$work/migrate.json" "$rows/migrate.json"
median() { printf '%s\n' "$@" | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
say "migrate: ours $(median "${ours_ms[@]}") ms, xl $(median "${xl_ms[@]}") ms"
exit
}
