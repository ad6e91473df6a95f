#!/usr/bin/env bash
# ./build.sh test: every test of the project; the last line is 'N passed, N failed'. Two lanes side by side, each with one lab boot for all
# that needs Xen.
#   run.sh [SECONDS]    how long the build has taken already
set -uo pipefail
SECONDS=${1:-0}
limit=4800 # s: less than what CI waits, so that it gets a count, and learns what took so long
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
out=$root/out
logs=$out/log/tests
lab="$out/lab-tool/lightvm-lab"
mkdir -p "$logs"
counts=$logs/counts # a line for each of many: what passed, what failed
: >"$counts"
bold() { printf '\033[1m==>\033[0m %s (after %d s)\n' "$*" "$SECONDS"; }

# count NAME PASSED FAILED [LOG]
count() {
	echo "$2 $3" >>"$counts"
	printf '    %-32s %4d passed, %d failed\n' "$1" "$2" "$3"
	[ "$3" -eq 0 ] || [ -z "${4:-}" ] || { echo "    --- the end of $4"; tail -n 60 "$4"; }
}

# A ctest run: NAME LOG. ctest's own summary is counted; a run that ended without one is a failure.
count_ctest() {
	local total fails
	read -r fails total < <(sed -nE 's/.* ([0-9]+) tests? failed out of ([0-9]+).*/\1 \2/p' "$2" | tail -n 1)
	local skipped
	skipped=$(grep -c 'Skipped$\|\*\*\*Skipped' "$2")
	if [ -z "${total:-}" ]; then count "$1" 0 1 "$2"; return; fi
	count "$1" $((total - fails - skipped)) "$fails"
	# What a failed test said comes after its line, and before that of the next test.
	[ "$fails" -eq 0 ] || awk '/ Test +#[0-9]+: /{shown = /\*\*\*/ && !/Skipped/ ? 60 : 0} shown-- > 0' "$2"
}

native_tests() {
	bold "native: unit tests"
	ctest --test-dir "$out/native" --output-on-failure -LE xen -j2 >"$logs/ctest.log" 2>&1
	count_ctest ctest "$logs/ctest.log"
	bold "native: the same under ASan and UBSan, and the fuzzers for a bounded time"
	if cmake -S native -B "$out/native-san" -DCMAKE_BUILD_TYPE=Debug -DLIGHTVM_SANITIZE=ON -DLIGHTVM_FUZZ=ON \
		-DCMAKE_C_COMPILER=clang >"$logs/san-build.log" 2>&1 && cmake --build "$out/native-san" -j2 >>"$logs/san-build.log" 2>&1; then
		ctest --test-dir "$out/native-san" --output-on-failure -LE xen -j2 >"$logs/ctest-san.log" 2>&1
		count_ctest "ctest, sanitized" "$logs/ctest-san.log"
	else
		count "sanitized build" 0 1 "$logs/san-build.log"
	fi
}

dotnet_tests() {
	bold "C#: unit tests"
	local project name
	for project in tests/*.Tests/*.csproj; do
		name=$(basename "$project" .csproj)
		timeout 900 dotnet test "$project" -c Release --nologo -v q --logger "console;verbosity=minimal" >"$logs/$name.log" 2>&1
		local rc=$? p f
		p=$(sed -nE 's/.*Passed: +([0-9]+).*/\1/p' "$logs/$name.log" | tail -n 1)
		f=$(sed -nE 's/.*Failed: +([0-9]+).*/\1/p' "$logs/$name.log" | tail -n 1)
		# A run that failed without naming a failed test (no build, a crash) is one failure.
		[ $rc -eq 0 ] || [ "${f:-0}" -gt 0 ] || f=$((${f:-0} + 1))
		count "$name" "${p:-0}" "${f:-0}" "$logs/$name.log"
	done
}

lab_up() { # NAME ARGS...: a fresh one
	"$lab" down --root "$root" --name "$1" >/dev/null 2>&1
	"$lab" up --root "$root" --name "$@" >"$logs/lab-$1.log" 2>&1
}

# NAME LAB FILE...: test files of PowerShell, on a lab.
pester() {
	local name=$1 lab=$2 p f
	shift 2
	bold "$name, on Xen"
	LIGHTVM_LAB=$lab "$out/runner/LightVM.PesterRunner" --timeout 600 --within $((limit > SECONDS ? limit - SECONDS : 1)) "$@" 2>&1 |
		tee "$logs/$name.log" |
		grep --line-buffered -E '^\s*\[-\]|^  [A-Za-z0-9]+\.Tests\.ps1: [0-9]+ of' || true
	read -r p f < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed.*/\1 \2/p' "$logs/$name.log" | tail -n 1)
	if [ -n "${p:-}" ]; then count "$name" "$p" "$f" "$logs/$name.log"; else count "$name" 0 1 "$logs/$name.log"; fi
}

# What its own lab serves as well, beside the rest: whole systems as guests, their images, and what is killed. It needs no second lab.
apart=(ClonesOfLinux HostileGuests KilledClones KilledControlPlane KilledDataPlane KilledDevices KilledSaves LinuxGuests OptimizedImages
	RandomFleets RecipesInSpecs SavedTinyxGuests SmallTinyxGuests TinyxImages TinyxNoxs)

is_apart() {
	local name
	for name in "${apart[@]}"; do [ "$1" != "tests/lab/$name.Tests.ps1" ] || return 0; done
	return 1
}

first_lane() {
	bold "a fresh Xen host in QEMU"
	if ! lab_up default; then
		count "lab" 0 1 "$logs/lab-default.log"
		return
	fi
	count "lab" 1 0
	bold "native, on Xen"
	"$lab" exec --root "$root" -- ctest --test-dir "$out/native" --output-on-failure -L xen >"$logs/ctest-xen.log" 2>&1
	count_ctest "ctest on Xen" "$logs/ctest-xen.log"
	if ! grep -q '^100% tests passed' "$logs/ctest-xen.log" && ! lab_up default; then # a failed one leaves its domains
		count "lab" 0 1 "$logs/lab-default.log"
		return
	fi

	local file files=()
	for file in tests/cmdlets/*.Tests.ps1 tests/lab/*.Tests.ps1 specs/examples/*/*.Tests.ps1; do
		is_apart "$file" || files+=("$file")
	done
	pester cmdlets default "${files[@]}"
	"$lab" down --root "$root" >>"$logs/lab-default.log" 2>&1
}

second_lane() {
	native_tests
	dotnet_tests
	bold "a second Xen host in QEMU"
	if ! lab_up apart; then
		count "lab apart" 0 1 "$logs/lab-apart.log"
		return
	fi
	count "lab apart" 1 0
	local files=("${apart[@]/#/tests/lab/}")
	pester "cmdlets-apart" apart "${files[@]/%/.Tests.ps1}"
	"$lab" down --root "$root" --name apart >>"$logs/lab-apart.log" 2>&1
}

runner_build() {
	{ dotnet publish tests/runner/LightVM.PesterRunner.csproj -c Release -o "$out/runner" -v q &&
		dotnet publish tests/dsc -c Release -o "$out/dsc-engine" -v q; } >"$logs/runner-build.log" 2>&1 ||
		count "runner build" 0 1 "$logs/runner-build.log"
}

runner_build
second_lane & # a lab is at work on one processor
first_lane
wait
echo "logs: $logs"
read -r passed failed < <(awk '{p += $1; f += $2} END {print p + 0, f + 0}' "$counts")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
