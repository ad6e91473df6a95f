# A real Debian, systemd and all, on Debian's own kernel: its root file system on a disk image, DHCP, two CPUs, a login
# on its console; as PV and as PVH, on a host without xenstored.
BeforeDiscovery {
    $script:Types = @(@{ Type = 'Pv'; Name = 'lnx-pv' }, @{ Type = 'Pvh'; Name = 'lnx-pvh' })
}

Describe 'A stock Debian' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $made = @(& "$PSScriptRoot/debian-guest/make.sh")[-1]
        if ($LASTEXITCODE -ne 0) { throw 'the Debian guest could not be made; what is missing stands above' }
        # dom0 sees at once what lies in out/; the disk is written, so each guest has a copy in dom0.
        $shared = "$CheckoutRoot/out/debian-guest"
        $null = [IO.Directory]::CreateDirectory($shared)
        & cp --sparse=always "$made/debian.img" "$shared/debian.img"
        $null = Invoke-Dom0Script 'mkdir -p /srv'
        $kernel = @{ Kernel = "$made/vmlinuz"; Ramdisk = "$made/initrd.img"; CommandLine = 'console=hvc0 quiet root=/dev/xvda net.ifnames=0' }

        # The last report that the guest wrote, as a table; $null: none yet.
        function Get-Report([string] $Name) {
            $report = $null
            foreach ($line in Receive-LightVMConsole -Name $Name) {
                if ($line -match '^report: (.*) end') {
                    $report = @{}
                    foreach ($pair in $Matches[1].Split(' ')) { $report[$pair.Split('=')[0]] = $pair.Substring($pair.IndexOf('=') + 1) }
                }
            }
            $report
        }
        function Wait-Report([string] $Name, [int] $Boots) {
            Wait-Until "boot $Boots of $Name" { $report = Get-Report $Name; if ($report -and $report.boots -eq $Boots) { $report } } 280
        }
    }
    AfterAll {
        Get-LightVM -Name 'lnx-*' | Remove-LightVM -Confirm:$false
        $null = Invoke-Dom0Script 'rm -f /srv/lnx-*.img'
    }

    It 'boots as <Type> with console, network and disk' -ForEach $Types {
        if ($Type -eq 'Pvh' -and -not ((Invoke-Dom0 cat /sys/hypervisor/properties/capabilities) -match 'hvm')) { Set-ItResult -Skipped -Because 'this host runs no PVH guests'; return }
        $null = Invoke-Dom0Script "cp --sparse=always /mnt/out/debian-guest/debian.img /srv/$Name.img"
        $null = New-LightVM -Name $Name @kernel -Type $Type -Memory 256MB -VCpuCount 2 -Disk "/srv/$Name.img" -NetworkAdapter default
        $report = Wait-Report $Name 1
        $report.cpus | Should -Be 2
        $report.root | Should -Be '/dev/xvda'
        $report.gateway | Should -Be 'yes'
        $report.devices | Should -Be 'vbd-51712,vif-0,'
        $report.address | Should -Be (Get-LightVM -Name $Name).Address
        $null = Wait-Until 'the login' { @(Receive-LightVMConsole -Name $Name) -match '^Debian GNU/Linux .* debian-guest hvc0' }
        Wait-LightVM -Name $Name -For Network -Timeout 60
        $null = Invoke-Dom0 ping -c 3 -W 5 $report.address
    }

    It 'goes on as <Type> when lightvm-io is killed' -ForEach $Types {
        if (-not (Get-LightVM -Name $Name -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'it does not run'; return }
        foreach ($round in 1..5) {
            $null = Invoke-Dom0Script 'kill -9 $(pidof lightvm-io); true'
            $null = Wait-Until 'the data plane to be back' { (Get-LightVMHost).DataPlane }
        }
        $null = Invoke-Dom0 ping -c 10 -i 0.3 -W 5 (Get-LightVM -Name $Name).Address
        @(Get-LightVM -Name $Name | Where-Object State -eq 'Running') | Should -HaveCount 1
    }

    It 'ends in order as <Type>, and finds its disk as it left it' -ForEach $Types {
        if (-not (Get-LightVM -Name $Name -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'it does not run'; return }
        Stop-LightVM -Name $Name -Timeout 120
        (Get-LightVM -Name $Name).State | Should -Be 'Stopped'
        $null = Invoke-Dom0Script "e2fsck -fn /srv/$Name.img"
        Start-LightVM -Name $Name
        $report = Wait-Report $Name 2
        $report.address | Should -Be (Get-LightVM -Name $Name).Address
        Stop-LightVM -Name $Name -Timeout 120
        Remove-LightVM -Name $Name -Confirm:$false
    }

    It 'has no XenStore on its host' {
        @(Invoke-Dom0Script 'pidof xenstored || true') | Should -HaveCount 0
    }
}
