#!/usr/bin/env bash
# The case 'fleet': boots two labs, and has one session of lightvm make a fleet of noop guests over both by one command; run it again; change
# one label of all of them; and list them, beside the API's own answer as curl gets it over ssh. Writes out/bench/rows/fleet.json.
# fleet.sh [GUESTS]
set -euo pipefail
{ # bash reads all of this before it runs any
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$root/out
rows=$out/bench/rows
lab="$out/lab-tool/lightvm-lab"
guests=${1:-1000}
rounds=5
. "$root/tests/bench/describe.sh"
say() { echo "bench: $*" >&2; }
work=$(mktemp -d)
finish() {
	local name tunnel
	for tunnel in "${tunnels[@]}"; do kill "$tunnel" 2>/dev/null || true; done
	for name in bench bench2; do "$lab" down --root "$root" --name $name >/dev/null 2>&1 || say "lab $name did not stop cleanly"; done
	rm -rf "$work"
}
tunnels=()
trap finish EXIT
mkdir -p "$rows"
memory=$((guests * 9 / 4 / 1024 + 3)) # GB: dom0, and half of the guests
for name in bench bench2; do
	"$lab" up --root "$root" --name $name --memory ${memory}GB --cpus 2 >&2
	ssh -F "$out/lab/$name/ssh_config" -N -L "$work/$name:/run/lightvm/lightvmd.sock" lab &
	tunnels+=($!)
done
config() { echo "ssh://lab?config=$out/lab/$1/ssh_config"; }
spec() { # LABEL
	cat <<-SPEC
		apiVersion: lightvm/v1
		kind: Fleet
		metadata: { name: bench-fleet }
		hosts:
		  - { name: alpha, address: '$(config bench)' }
		  - { name: beta, address: '$(config bench2)' }
		images:
		  - { name: noop, path: '$out/images/noop' }
		guests:
		  - { name: noop, image: noop, replicas: $guests, memory: 4MB, labels: { tier: $1 } }
	SPEC
}
spec front >"$work/front.yaml"
spec back >"$work/back.yaml"
cat >"$work/session.ps1" <<'PS'
param($directory, $one, $two, $guests, $rounds)
$ErrorActionPreference = 'Stop'
function Measure-Block([scriptblock] $Block) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $null = & $Block
    $clock.Elapsed.TotalMilliseconds.ToString([Globalization.CultureInfo]::InvariantCulture)
}
function Assert-That($Holds, [string] $What) { if (-not $Holds) { throw "bench fleet: $What" } }
function Get-Lives { @(Get-LightVM 'noop-*' -HostName $one, $two | ForEach-Object { "$($_.Id) $($_.DomainId) $($_.State)" }) }
$null = Get-LightVMHost -HostName $one, $two
"first $(Measure-Block { $script:results = @(Invoke-LightVMReconcile "$directory/front.yaml") })"
Assert-That (@($results | Where-Object Status -ne Succeeded).Count -eq 0) 'a step of the first run failed'
$lives = @(Get-Lives)
Assert-That ($lives.Count -eq $guests -and @($lives -match 'Running$|Starting$').Count -eq $guests) "of $guests guests $($lives.Count) are there"
foreach ($round in 1..$rounds) {
    "again $(Measure-Block { $script:results = @(Invoke-LightVMReconcile "$directory/front.yaml") })"
    Assert-That ($results.Count -eq 0) 'the second run did something'
}
"label $(Measure-Block { $script:results = @(Invoke-LightVMReconcile "$directory/back.yaml") })"
Assert-That (@($results | Where-Object { $_.Status -ne 'Succeeded' -or $_.Action -ne 'Update' }).Count -eq 0) 'a label cost more than an update'
Assert-That (@($results).Count -eq $guests) "$($results.Count) labels were changed"
$after = [Collections.Generic.HashSet[string]]::new([string[]] @(Get-Lives | ForEach-Object { $_.Substring(0, $_.LastIndexOf(' ')) }))
Assert-That ($after.SetEquals([string[]] @($lives | ForEach-Object { $_.Substring(0, $_.LastIndexOf(' ')) }))) 'a label restarted a guest'
foreach ($round in 1..$rounds) {
    "get $(Measure-Block { Get-LightVM -HostName $one, $two })"
    $raw = [Diagnostics.Stopwatch]::StartNew()
    $calls = @(foreach ($socket in "$directory/bench", "$directory/bench2") {
            $start = [Diagnostics.ProcessStartInfo]::new('curl', [string[]] @('-sf', '-o', '/dev/null', '-w', '%{time_total}', '--unix-socket', $socket, 'http://x/v1/guests'))
            $start.RedirectStandardOutput = $true
            [Diagnostics.Process]::Start($start)
        })
    $times = @(foreach ($call in $calls) { [double]::Parse($call.StandardOutput.ReadToEnd(), [Globalization.CultureInfo]::InvariantCulture) })
    "raw $((1000 * [Math]::Max($times[0], $times[1])).ToString([Globalization.CultureInfo]::InvariantCulture))"
}
Get-LightVM 'noop-*' -HostName $one, $two | Remove-LightVM -Confirm:$false
PS
"$out/shell/lightvm" "$work/session.ps1" "$work" "$(config bench)" "$(config bench2)" "$guests" $rounds >"$work/said" || { cat "$work/said" >&2; exit 1; }
cat "$work/said" >&2
samples() { awk -v what="$1" '$1 == what { printf "%s%s", sep, $2; sep = "," }' "$work/said"; }
row() { printf '%s  {"case": "fleet", "who": "lightvm", "image": "noop", "guests": %d, "view": "%s", "unit": "ms", "samples": [%s]}' "$1" "$guests" "$2" "$(samples "$2")"; }
{
	printf '{"run": %s, "rows":\n[\n' "$(describe_run bench "two, each of $memory GB, 2 CPUs")"
	row '' first
	for view in again label get raw; do row $',\n' $view; done
	printf '\n]\n}\n'
} >"$work/fleet.json"
mv "$work/fleet.json" "$rows/fleet.json"
exit
}
