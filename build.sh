#!/usr/bin/env bash
# LightVM for PowerShell: build, try, test, measure, package. `./build.sh help` lists the commands.
# Everything it needs and does not find it installs (Debian packages, NuGet packages); everything it makes is in out/.
set -euo pipefail

caller=$PWD
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root"
out=$root/out
mkdir -p "$out/log" "$out/stamp"
log=$out/log/build.log
config=Release
xen_version=4.17
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1

# What is installed on this machine. What only the lab's dom0 needs (hypervisor, kernel, xen-utils, sshd) LightVM.Lab
# unpacks into its cache: their install scripts would change this machine's boot menu and services.
packages=(gcc g++ clang libclang-rt-14-dev lld cmake make pkg-config zlib1g-dev libxen-dev libseccomp-dev liburing-dev linux-libc-dev busybox-static
	qemu-system-x86 fonts-dejavu-core openssh-client kmod xz-utils zstd dpkg-dev curl
	mmdebstrap e2fsprogs cpio
	binutils bc bison ccache flex libelf-dev patch perl) # from binutils on: kernels of Tinyx images

usage() {
	cat <<-EOF
		./build.sh demo [--keep]        build, boot a real Xen host, apply specs/quickstart.yaml to it, show it
		./build.sh test                 build, then every test; the last line is 'N passed, N failed'
		./build.sh build                everything into out/
		./build.sh lab up|down|status   the Xen host in QEMU (up takes --memory 4GB, --name NAME, ...)
		./build.sh lab exec -- CMD ...  run a command in its dom0
		./build.sh shell [-c '...']     PowerShell with the module, connected to the running lab
		./build.sh bench [CASE...]      measure; docs/benchmarks.md, out/bench (--guests 0,100,500: fewer beside)
		./build.sh package              out/package/*.deb for a Xen host, *.nupkg of the module
		./build.sh clean                remove out/ and every bin/ and obj/
	EOF
}

step() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; printf '==> %s %s\n' "$(date +%T)" "$*" >>"$log"; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

# quietly NAME CMD...: its output goes to the log; when it fails, the end of it is shown.
quietly() {
	local name=$1 start rc=0
	shift
	start=$(stat -c %s "$log" 2>/dev/null || echo 0)
	"$@" >>"$log" 2>&1 || rc=$?
	[ $rc -eq 0 ] && return
	tail -c +$((start + 1)) "$log" | tail -n 40 >&2
	die "$name failed (exit code $rc); the whole log is in $log"
}

# fresh STAMP PATH...: true if nothing below the paths has changed since the stamp was set.
fresh() {
	local stamp=$out/stamp/$1
	shift
	[ -e "$stamp" ] && [ -z "$(find "$@" \( -name bin -o -name obj \) -prune -o -newer "$stamp" -print -quit)" ]
}

# made STAMP CMD...: runs it, and sets the stamp to the time before it began.
made() {
	local stamp=$out/stamp/$1 before
	shift
	before=$(mktemp "$out/stamp/.XXXXXX")
	"$@" || { rm -f "$before"; return 1; }
	mv "$before" "$stamp"
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

ensure_packages() {
	local missing=() p
	for p in "${packages[@]}"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
	done
	if [ ${#missing[@]} -gt 0 ]; then
		step "installing Debian packages: ${missing[*]}"
		quietly "apt-get update" as_root apt-get update
		quietly "apt-get install" as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends "${missing[@]}"
	fi
	command -v dotnet >/dev/null || die "the .NET SDK 10 is not on PATH; install it, then run this again"
}

publish() { # PROJECT OUTPUT ARGS...
	local project=$1 to=$2
	shift 2
	dotnet publish "src/$project" -c $config -o "$to" -v q "$@"
}

build_native() {
	cmake -S native -B "$out/native" -DCMAKE_BUILD_TYPE=Release &&
		cmake --build "$out/native" -j2 &&
		rm -rf "$out/images" &&
		cp -r "$out/native/images" "$out/images"
}

build_daemon() { publish LightVM.Daemon "$out/daemon" -r linux-x64; }
build_dsc() { publish LightVM.Dsc "$out/dsc" -r linux-x64; }
build_module() { publish LightVM.PowerShell "$out/module"; }
build_shell() { publish LightVM.Shell "$out/shell" -r linux-x64 --self-contained false -p:PublishReadyToRun=true "${powershell_switch[@]}"; }
build_lab() { publish LightVM.Lab "$out/lab-tool"; }

# With Microsoft.PowerShell.SDK the shell host is interactive; where the package source lacks it, the engine alone serves.
powershell_switch=()
choose_powershell() {
	local answer=$out/stamp/powershell-sdk
	if [ ! -e "$answer" ]; then
		local probe
		probe=$(mktemp -d)
		cat >"$probe/probe.csproj" <<-EOF
			<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
			<ItemGroup><PackageDownload Include="Microsoft.PowerShell.SDK" Version="[7.6.9]" /></ItemGroup></Project>
		EOF
		if dotnet restore "$probe" >>"$log" 2>&1; then echo true >"$answer"; else echo false >"$answer"; fi
		rm -rf "$probe"
	fi
	[ "$(cat "$answer")" = true ] && powershell_switch=(-p:UsePowerShellSdk=true)
	return 0
}

# The tree of the .deb, which the lab's dom0 gets as it is.
stage_host() {
	local host=$out/host d=src/LightVM.Daemon
	rm -rf "$host.new"
	install -D -m 755 "$out/daemon/lightvmd" "$host.new/usr/bin/lightvmd" &&
		install -D -m 755 "$out/dsc/lightvm-dsc" "$host.new/usr/bin/lightvm-dsc" &&
		install -D -m 644 "$out/dsc/lightvm.dsc.manifests.json" "$host.new/usr/bin/lightvm.dsc.manifests.json" && # DSC looks in PATH for it
		install -D -m 755 "$out/native/io/lightvm-io" "$host.new/usr/libexec/lightvm/lightvm-io" &&
		install -D -m 755 "$out/native/lightvm-restore" "$host.new/usr/libexec/lightvm/lightvm-restore" &&
		install -D -m 755 "$out/native/lightvm-restore-hvm" "$host.new/usr/libexec/lightvm/lightvm-restore-hvm" &&
		install -D -m 644 "$out/native/liblightvm.so" "$host.new/usr/lib/lightvm/xen-$xen_version/liblightvm.so" &&
		install -D -m 644 -t "$host.new/usr/lib/systemd/system" $d/systemd/*.service $d/systemd/*.socket $d/systemd/*.timer &&
		install -D -m 644 -t "$host.new/usr/share/lightvm/dashboards" $d/dashboards/*.json &&
		install -D -m 644 -t "$host.new/usr/lib/sysusers.d" $d/sysusers/lightvm.conf &&
		install -D -m 644 LICENSE "$host.new/usr/share/doc/lightvm/copyright" || return 1
	local lib
	for lib in "$out"/daemon/*.so; do # native parts of NuGet packages: SQLite
		install -D -m 644 "$lib" "$host.new/usr/lib/lightvm/$(basename "$lib")" || return 1
	done
	rm -rf "$host" && mv "$host.new" "$host"
}

# What Build-LightVMUnikernel needs lies beside the module's assemblies.
stage_sdk() {
	rm -rf "$out/module/unikernel" && cp -r "$out/native/sdk" "$out/module/unikernel"
}

build_report() {
	mkdir -p tests/bench/report/{bin,obj} # or the first build makes the directory newer than the stamp
	fresh bench-report tests/bench/report Directory.Build.props Directory.Packages.props && return
	step "building the bench's report"
	made bench-report quietly "the build of the bench's report" \
		dotnet publish tests/bench/report -c $config -o "$out/bench-report" -v q
}

props=(Directory.Build.props Directory.Packages.props global.json)

build() {
	exec 8>"$out/.lock"
	flock 8
	ensure_packages
	# Made now, or a project's first build makes them and its directory is newer than the stamp: the next would build it again.
	local changed=0 project
	for project in src/*/*.csproj; do mkdir -p "${project%/*}"/{bin,obj}; done
	if ! fresh native native tests/bench tests/lab; then
		step "building native: liblightvm, lightvm-io, unikernels"
		made native quietly "the native build" build_native
		changed=1
	fi
	if ! fresh daemon src/LightVM.Daemon src/LightVM.Toolstack src/LightVM.Native src/LightVM.Contracts "${props[@]}"; then
		step "building lightvmd (NativeAOT)"
		made daemon quietly "the build of lightvmd" build_daemon
		changed=1
	fi
	if ! fresh dsc src/LightVM.Dsc src/LightVM.Reconcile src/LightVM.Client src/LightVM.Contracts "${props[@]}"; then
		step "building lightvm-dsc (NativeAOT)"
		made dsc quietly "the build of lightvm-dsc" build_dsc
		changed=1
	fi
	if [ $changed = 1 ] || [ ! -d "$out/host" ]; then
		quietly "staging the host package" stage_host
	fi
	if ! fresh lab-tool src/LightVM.Lab "${props[@]}"; then
		step "building the lab"
		made lab-tool quietly "the build of the lab" build_lab
	fi
	if ! fresh module src/LightVM.PowerShell src/LightVM.Client src/LightVM.Reconcile src/LightVM.Contracts src/LightVM.Lab src/LightVM.Tinyx native/linux "${props[@]}"; then
		step "building the module"
		made module quietly "the build of the module" build_module
	fi
	if ! diff -rq "$out/native/sdk" "$out/module/unikernel" >/dev/null 2>&1; then
		quietly "staging the unikernels' SDK" stage_sdk
	fi
	if ! fresh shell src/LightVM.Shell "${props[@]}"; then
		step "building lightvm, the PowerShell host"
		choose_powershell
		made shell quietly "the build of the shell" build_shell
	fi
	flock -u 8
	exec 8>&-
}

lab() { "$out/lab-tool/lightvm-lab" "$@"; }
lab_config() { echo "$out/lab/${1:-default}/ssh_config"; }

lab_command() {
	case "${1:-}" in
	up) build && lab "$@" --root "$root" ;;
	down | status) [ -x "$out/lab-tool/lightvm-lab" ] || build; lab "$@" --root "$root" ;;
	exec | console) [ -x "$out/lab-tool/lightvm-lab" ] || build; exec "$out/lab-tool/lightvm-lab" "$1" --root "$root" "${@:2}" ;;
	*) die "lab up, down, status or exec -- COMMAND" ;;
	esac
}

shell_command() {
	[ -x "$out/shell/lightvm" ] && [ -d "$out/module" ] && [ -x "$out/lab-tool/lightvm-lab" ] || build
	local endpoint
	endpoint="ssh://lab?config=$(lab_config "${LIGHTVM_LAB:-default}")"
	if [ -z "${LIGHTVM_HOST:-}" ] && [ ! -e "$(lab_config "${LIGHTVM_LAB:-default}")" ]; then
		echo "build.sh: no lab of this checkout is up; ./build.sh lab up, or Start-LightVMLab in the session" >&2
	fi
	cd "$caller"
	LIGHTVM_HOST=${LIGHTVM_HOST:-$endpoint} exec "$out/shell/lightvm" "$@"
}

demo() {
	local keep=0
	case "${1:-}" in
	--keep) keep=1 ;;
	"") ;;
	*) die "demo takes --keep or nothing, not '$1'" ;;
	esac
	log=$out/log/demo.log
	: >"$log"
	step "the full log of this demo is in $log"
	build
	step "booting a real Xen host in QEMU (20 to 40 seconds)"
	lab up --root "$root" 2>&1 | tee -a "$log" >&2
	local rc=0
	LIGHTVM_HOST="ssh://lab?config=$(lab_config)" "$out/shell/lightvm" "$root/specs/demo.ps1" 2>>"$log" | tee -a "$log" || rc=$?
	if [ $keep = 1 ]; then
		step "the host stays up: ./build.sh shell -c 'Get-LightVM', ./build.sh lab exec -- COMMAND, ./build.sh lab down"
	else
		step "stopping the host"
		lab down --root "$root" 2>&1 | tee -a "$log" >&2
	fi
	[ $rc -eq 0 ] || { tail -n 15 "$log" >&2; die "the demo failed (exit code $rc); the whole log is in $log"; }
}

case "${1:-help}" in
build) build ;;
lab) lab_command "${@:2}" ;;
shell) shell_command "${@:2}" ;;
demo) demo "${@:2}" ;;
test) build && exec "$root/tests/run.sh" "$SECONDS" ;;
bench) build && build_report && exec "$root/tests/bench/run.sh" "${@:2}" ;;
package) build && exec "$root/src/LightVM.Daemon/debian/package.sh" ;;
clean) rm -rf "$out"; find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} + ;;
help | -h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
