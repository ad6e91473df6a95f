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
        $null = [IO.Directory]::CreateDirectory("$CheckoutRoot/out/debian-guest")
        & cp --sparse=always "$made/debian.img" "$CheckoutRoot/out/debian-guest/debian.img"
        $guest = @{
            Kernel         = "$made/vmlinuz"
            Ramdisk        = "$made/initrd.img"
            CommandLine    = 'console=hvc0 quiet root=/dev/xvda net.ifnames=0'
            Memory         = 256MB
            VCpuCount      = 2
            NetworkAdapter = 'default'
        }
        $script:CanPvh = @(Invoke-Dom0 cat /sys/hypervisor/properties/capabilities) -match 'hvm'

        # The last report that the guest wrote, as a table; $null: none yet.
        function Get-Report([string] $Name) {
            $report = $null
            foreach ($line in Receive-LightVMConsole -Name $Name -WarningAction Ignore) {
                if ($line -match '^report: (.*) end') {
                    $report = @{}
                    foreach ($pair in $Matches[1].Split(' ')) { $report[$pair.Split('=')[0]] = $pair.Substring($pair.IndexOf('=') + 1) }
                }
            }
            $report
        }
        # A report of this boot of the disk or a later one: under emulation of emulated hardware, PVH guests reset now and then.
        function Wait-Report([string] $Name, [int] $Boots, [int] $Seconds) {
            try { Wait-Until "boot $Boots of $Name" { $report = Get-Report $Name; if ($report -and [int] $report.boots -ge $Boots) { $report } } $Seconds }
            catch {
                $last = @(Receive-LightVMConsole -Name $Name -WarningAction Ignore)
                $xen = @(Invoke-Dom0Script 'xl vcpu-list; xl dmesg | tail -n 20')
                throw "$_`n$Name is $((Get-LightVM -Name $Name).State); the end of its console:`n$($last[-20..-1] -join "`n")`nand Xen's view:`n$($xen -join "`n")"
            }
        }
        function Skip-WithoutPvh([string] $Type) {
            if ($Type -eq 'Pvh' -and -not $CanPvh) { Set-ItResult -Skipped -Because 'this host runs no PVH guests' }
        }

        # They boot here, where there is more time than in a test.
        $script:Reports = @{}
        $script:Boots = @{}
        foreach ($type in @('Pv', 'Pvh')) {
            if ($type -eq 'Pvh' -and -not $CanPvh) { continue }
            $name = "lnx-$($type.ToLowerInvariant())"
            $null = Invoke-Dom0Script "mkdir -p /srv; cp --sparse=always /mnt/out/debian-guest/debian.img /srv/$name.img"
            $null = Invoke-Start { New-LightVM -Name $name -Type $type -Disk "/srv/$name.img" @guest -ErrorAction Stop }
            $script:Reports[$name] = Wait-Report $name 1 500
        }
    }
    AfterAll {
        Get-LightVM -Name 'lnx-*' | Remove-LightVM -Confirm:$false
        $null = Invoke-Dom0Script 'rm -f /srv/lnx-*.img'
    }

    It 'boots as <Type> with console, network and disk' -ForEach $Types {
        Skip-WithoutPvh $Type
        $report = $Reports[$Name]
        $report.cpus | Should -Be 2
        $report.root | Should -Be '/dev/xvda'
        $report.gateway | Should -Be 'yes'
        $report.devices | Should -Be 'vbd-51712,vif-0,'
        $report.address | Should -Be (Get-LightVM -Name $Name).Address
        $null = Wait-Until 'the login' {
            @(Receive-LightVMConsole -Name $Name -WarningAction Ignore) -match '^Debian GNU/Linux .* debian-guest hvc0'
        }
        Wait-LightVM -Name $Name -For Network -Timeout 60
        $null = Invoke-Dom0 busybox ping -c 3 -W 5 $report.address
    }

    It 'goes on as <Type> when lightvm-io is killed' -ForEach $Types {
        Skip-WithoutPvh $Type
        $domain = (Get-LightVM -Name $Name).DomainId
        foreach ($round in 1..5) {
            $null = Invoke-Dom0Script 'kill -9 $(pidof lightvm-io); true'
            $null = Wait-Until 'the data plane to be back' { (Get-LightVMHost).DataPlane }
        }
        $null = Invoke-Dom0 busybox ping -c 5 -W 5 (Get-LightVM -Name $Name).Address
        $now = Get-LightVM -Name $Name
        $now.State | Should -Be 'Running'
        if ($Type -eq 'Pv') { $now.DomainId | Should -Be $domain }
    }

    It 'is saved, and goes on where it was' {
        $before = Get-LightVM -Name lnx-pv
        $boots = (Get-Report lnx-pv).boots
        Save-LightVM -Name lnx-pv
        (Get-LightVM -Name lnx-pv).State | Should -Be 'Saved'
        Start-LightVM -Name lnx-pv
        $after = Get-LightVM -Name lnx-pv
        $after.State | Should -Be 'Running'
        $after.Address | Should -Be $before.Address
        (Get-LightVMNetworkAdapter -Name lnx-pv).Mac | Should -Be ($before.Adapters[0].Mac)
        $null = Invoke-Dom0 busybox ping -c 3 -W 5 $after.Address
        (Get-Report lnx-pv).boots | Should -Be $boots
        # What it makes of its disk afterwards is for the next test to judge.
    }

    It 'ends in order as <Type>' -ForEach $Types {
        Skip-WithoutPvh $Type
        $script:Boots[$Name] = [int](Get-Report $Name).boots
        Stop-LightVM -Name $Name -Timeout 120
        (Get-LightVM -Name $Name).State | Should -Be 'Stopped'
        # -n: changes nothing; an error in the file system is an exit code.
        $null = Invoke-Dom0Script "e2fsck -fn /srv/$Name.img 2>&1"
    }

    It 'finds its disk as it left it as <Type>' -ForEach $Types {
        Skip-WithoutPvh $Type
        Invoke-Start { Start-LightVM -Name $Name -ErrorAction Stop }
        $report = Wait-Report $Name ($Boots[$Name] + 1) 500
        $report.address | Should -Be (Get-LightVM -Name $Name).Address
    }

    It 'has no XenStore on its host' {
        @(Invoke-Dom0Script 'pidof xenstored || true') | Should -HaveCount 0
    }
}
