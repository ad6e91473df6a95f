# LightVM's package on a real Xen host that has nothing of ours: looked at, installed, used, upgraded under traffic. Boots a lab of its own.
Describe 'Install-LightVMHost' -Tag Lab, Boot {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $script:LabName = 'install'
        & $LabTool up --root $CheckoutRoot --name install --no-host --memory 2GB --dom0-memory 1GB
        if ($LASTEXITCODE -ne 0) { throw 'the lab did not boot' }
        $null = Invoke-Dom0 rm -f /var/lib/man-db/auto-update   # takes a minute of an emulated processor with each package
        $target = "ssh://lab?config=$CheckoutRoot/out/lab/install/ssh_config&name=install"
        $out = "$CheckoutRoot/out/install-test"   # /mnt/out/install-test in dom0
        $null = [System.IO.Directory]::CreateDirectory($out)
        & "$CheckoutRoot/src/LightVM.Daemon/debian/package.sh" deb
        if ($LASTEXITCODE -ne 0) { throw 'there is no package' }
        $version = "$((Get-Module LightVM).Version)"
        $package = "$CheckoutRoot/out/package/lightvm_$($version)_amd64.deb"

        # The same package, its control file changed.
        function New-Package([string] $Name, [string] $Change) {
            & bash -c "cd '$out' && rm -rf tree && dpkg-deb -R '$package' tree && sed -i -E '$Change' tree/DEBIAN/control && dpkg-deb --root-owner-group -Zgzip --no-uniform-compression --build tree $Name.deb >/dev/null && rm -rf tree"
            if ($LASTEXITCODE -ne 0) { throw "package $Name could not be made" }
            "$out/$Name.deb"
        }
        # Whether apt there reaches an archive.
        function Set-Archive([bool] $Reached) {
            $file = '/etc/apt/apt.conf.d/zz-lightvm-test'
            $null = if ($Reached) { Invoke-Dom0 rm -f $file } else { Invoke-Dom0Script ('echo ''Acquire::http::Proxy "http://127.0.0.1:9"; Acquire::https::Proxy "http://127.0.0.1:9";'' > ' + $file) }
        }
        # Of what the package depends on; nothing on a machine that has it, of whose root dom0's is a copy.
        function Get-Missing { @(Invoke-Dom0Script 'for p in nftables dnsmasq-base; do dpkg-query -W -f "\${db:Status-Status}" $p 2>/dev/null | grep -qx installed || echo $p; done') }
    }
    AfterAll {
        Disconnect-LightVMHost install -ErrorAction SilentlyContinue
        & $LabTool down --root $CheckoutRoot --name install
        & rm -rf $out
    }

    It 'says all that a host lacks at once, and changes nothing there' {
        $other = New-Package other 's/libxenmisc4.17/libxenmisc4.99/; s/^Architecture: .*/Architecture: arm64/'
        $problems = $null
        Install-LightVMHost $target -Package $other -ErrorAction SilentlyContinue -ErrorVariable problems | Should -BeNullOrEmpty
        ($problems | ForEach-Object FullyQualifiedErrorId) -join ' ' | Should -Be 'HostIncompatible,LightVM.PowerShell.InstallLightVMHostCommand HostIncompatible,LightVM.PowerShell.InstallLightVMHostCommand'
        ($problems | ForEach-Object { "$_" }) -join ' ' | Should -Match 'arm64.*Xen 4.17.*4.99'
        $problems[1].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        Install-LightVMHost $target -WhatIf | Should -BeNullOrEmpty
        Invoke-Dom0Script 'ls /usr/bin/lightvmd 2>&1 || true' | Should -Match 'No such file'
    }

    It 'tells what apt cannot get' {
        Set-Archive $false
        if (@(Get-Missing).Count -gt 0) {
            $problems = $null
            Install-LightVMHost $target -ErrorAction SilentlyContinue -ErrorVariable problems | Should -BeNullOrEmpty
            $problems[0].FullyQualifiedErrorId | Should -BeExactly 'InstallFailed,LightVM.PowerShell.InstallLightVMHostCommand'
            "$($problems[0])" | Should -Match 'E: .*nftables|E: Failed to fetch|E: Unable to fetch'
            $problems[0].ErrorDetails.RecommendedAction | Should -Match 'nftables dnsmasq-base'
        }
        Invoke-Dom0Script 'ls /usr/bin/lightvmd 2>&1 || true' | Should -Match 'No such file'
    }

    It 'installs it with what it depends on' {
        Set-Archive $true
        $done = Install-LightVMHost $target -ErrorAction Stop
        Get-Missing | Should -BeNullOrEmpty
        "$($done.HostName) $($done.PreviousVersion) $($done.Version) $($done.IsChanged)" | Should -BeExactly "install  $version True"
        $done.Warnings | Should -BeNullOrEmpty
        $done.XenVersion | Should -Match '^4.17'
        $null = Invoke-Dom0 systemctl is-enabled lightvmd.service lightvm-io.socket lightvm-guests.service
        Invoke-Dom0 getent group lightvm | Should -Match '^lightvm:'
    }

    It 'has a host that runs guests then' {
        $null = Import-LightVMImage "$CheckoutRoot/out/images/http" -HostName install
        $guest = New-LightVM install-web http -Publish 12280:80 -HostName install
        $guest.State | Should -Be 'Running'
        $null = Wait-Until 'the page' { Invoke-Dom0Script 'curl -sf -m 10 http://127.0.0.1:12280/ || true' }
    }

    It 'changes nothing when it is run again, and says so' {
        $before = Invoke-Dom0 systemctl show --value -p MainPID lightvmd lightvm-io
        $done = Install-LightVMHost $target -ErrorAction Stop
        $done.IsChanged | Should -BeFalse
        $done.Actions | Should -Match '^Nothing'
        $done.GuestCount | Should -Be 1
        (Invoke-Dom0 systemctl show --value -p MainPID lightvmd lightvm-io) -join ' ' | Should -BeExactly ($before -join ' ')
    }

    It 'starts what stands' {
        $null = Invoke-Dom0 systemctl stop lightvmd
        (Install-LightVMHost $target -ErrorAction Stop).Actions | Should -BeExactly 'Started lightvmd.service.'
        (Get-LightVM install-web -HostName install).State | Should -Be 'Running'
    }

    It 'upgrades under traffic: no request is lost, no guest is stopped' {
        $newer = New-Package newer "s/^Version: .*/Version: $version+1/"
        $domain = (Get-LightVM install-web -HostName install).DomainId
        $null = Invoke-Dom0Script @'
rm -f /run/install.*
setsid bash -c 'while [ ! -e /run/install.stop ]; do curl -s -m 120 -H "Connection: close" -o /dev/null -w "%{http_code} %{time_total} %{errormsg}\n" http://127.0.0.1:12280/; sleep 0.1; done' > /run/install.log 2>&1 < /dev/null &
'@
        $null = Wait-Until 'the client to be answered' { [int](Invoke-Dom0Script 'grep -c "^200" /run/install.log || true') -gt 5 }
        $done = Install-LightVMHost $target -Package $newer -ErrorAction Stop
        "$($done.PreviousVersion) $($done.Version) $($done.IsChanged)" | Should -BeExactly "$version $version+1 True"
        $answered = [int](Invoke-Dom0Script 'grep -c "^200" /run/install.log')
        $null = Wait-Until 'the client to be answered again' { [int](Invoke-Dom0Script 'grep -c "^200" /run/install.log') -gt $answered + 5 } 180
        $null = Invoke-Dom0 touch /run/install.stop
        $null = Invoke-Dom0Script 'for i in $(seq 1250); do pgrep -f [i]nstall.stop >/dev/null || break; sleep 0.1; done'
        Invoke-Dom0Script 'grep -v "^200" /run/install.log || true' | Should -BeNullOrEmpty
        $guest = Get-LightVM install-web -HostName install
        "$($guest.State) $($guest.DomainId) $($guest.RestartCount)" | Should -BeExactly "Running $domain 0"
        Invoke-Dom0 dpkg-query -W -f '${Version}' lightvm | Should -BeExactly "$version+1"
    }

    It 'leaves a newer version alone unless it is forced' {
        $warnings = $null
        $done = Install-LightVMHost $target -Package $package -WarningVariable warnings -WarningAction SilentlyContinue -ErrorAction Stop
        "$($done.Version) $($done.IsChanged)" | Should -BeExactly "$version+1 False"
        "$warnings" | Should -Match 'newer'
        $done = Install-LightVMHost $target -Package $package -Force -ErrorAction Stop
        "$($done.PreviousVersion) $($done.Version)" | Should -BeExactly "$version+1 $version"
        (Get-LightVM install-web -HostName install).State | Should -Be 'Running'
    }

    It 'needs no network where all it depends on is there' {
        Set-Archive $false
        (Install-LightVMHost $target -Package $package -Force -ErrorAction Stop).IsChanged | Should -BeTrue
    }
}
