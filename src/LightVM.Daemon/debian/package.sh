#!/usr/bin/env bash
# ./build.sh package (`package.sh deb`: the .deb alone): a .deb for a Xen host out of out/host, a .nupkg of the module, which brings the .deb, out of out/module.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
out=$root/out
version=$(sed -nE 's/.*<Version>([^<]*).*/\1/p' "$root/Directory.Build.props")
mkdir -p "$out/package"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# --- the .deb
cp -a "$out/host" "$work/deb"
mkdir "$work/deb/DEBIAN"
# The libraries without a stable ABI belong to one Xen version: the package names exactly the ones it was built with.
cat >"$work/deb/DEBIAN/control" <<EOF
Package: lightvm
Version: $version
Architecture: amd64
Maintainer: The LightVM for PowerShell authors <lightvm@localhost>
Section: admin
Priority: optional
Depends: libxenmisc4.17, libxenevtchn1, libxenforeignmemory1, libxentoollog1, libseccomp2, liblzma5, libzstd1, libc6 (>= 2.36), libgcc-s1, libstdc++6, zlib1g, kmod, systemd, nftables, dnsmasq-base
Installed-Size: $(du -sk "$out/host" | cut -f1)
Description: very light virtual machines on stock Xen
 lightvmd, the control plane, and lightvm-io, the data plane, of a Xen host that
 is managed with the LightVM PowerShell module.
EOF
install -m 755 "$here/postinst" "$here/prerm" "$work/deb/DEBIAN/"
# Its control part is gzip's, so that Install-LightVMHost reads it by .NET alone.
deb=$out/package/lightvm_${version}_amd64.deb
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)} \
	dpkg-deb --root-owner-group -Zxz --no-uniform-compression --build "$work/deb" "$deb" >/dev/null

[ "${1:-}" != deb ] || exit 0

# --- the .nupkg: what Install-PSResource unpacks into a module folder
mkdir -p "$work/module/module/bin" "$work/module/specs" "$work/module/host"
cp "$root/LightVM.psd1" "$root/LICENSE" "$work/module/"
cp -r "$root/module/." "$work/module/module/"
cp -r "$out/module/." "$work/module/module/bin/"
cp "$root"/specs/*.yaml "$work/module/specs/"
cp "$deb" "$work/module/host/" # what Install-LightVMHost puts on hosts
cat >"$work/LightVM.nuspec" <<EOF
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>LightVM</id>
    <version>$version</version>
    <authors>The LightVM for PowerShell authors</authors>
    <license type="expression">MIT</license>
    <description>Fleets of very light virtual machines on stock Xen, from PowerShell.</description>
    <tags>PSModule PSEdition_Core Linux VirtualMachine Xen</tags>
  </metadata>
  <files><file src="module/**" target="" /></files>
</package>
EOF
cat >"$work/pack.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework>
<NuspecFile>LightVM.nuspec</NuspecFile><NoBuild>true</NoBuild><NoWarn>NU5100;NU5128</NoWarn></PropertyGroup></Project>
EOF
(cd "$work" && dotnet restore -v q >/dev/null && dotnet pack -v q --no-build -o "$out/package" >"$out/log/pack.log" 2>&1) || { cat "$out/log/pack.log" >&2; exit 1; }
ls -l "$out/package"/*.deb "$out/package"/*.nupkg
