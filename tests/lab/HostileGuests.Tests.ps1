# Guests that write random values over every page, ring, grant and event that they may touch: the host and the other
# guests do not mind, and who did it is known. The guest is native/tests/hostile.
Describe 'hostile guests' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        foreach ($image in 'hostile', 'daytime') { $null = Import-LightVMImage -Path "$PSScriptRoot/../../out/images/$image" }
        $null = New-LightVM -Name hg-neighbour -Image daytime -Memory 4MB
        Wait-LightVM -Name hg-neighbour -For Network -Timeout 60
        $script:Neighbour = (Get-LightVM -Name hg-neighbour).Address

        # The pids of both daemons: the same before and after means that neither has died.
        function Get-DaemonPid { (Invoke-Dom0 systemctl show -p MainPID --value lightvmd lightvm-io | Where-Object { $_ }) -join ' ' }
        function Test-Neighbour { (Invoke-Dom0Script "timeout 10 busybox nc $Neighbour 13") -match '20\d\d' }

        # Starts so many of them, and asks the neighbour meanwhile; it answers each time.
        function Test-Attack([int] $Count, [int] $Seconds, [int] $Seed) {
            foreach ($i in 1..$Count) {
                # One that breaks its own devices before they are there does not start: that is its own loss.
                $null = New-LightVM -Name "hg-evil-$i" -Image hostile -Memory 4MB -NetworkAdapter default `
                    -Disk "/var/tmp/hg-$i.img,size=1MB" -CommandLine "seconds=$Seconds seed=$($Seed + $i)" -ErrorAction SilentlyContinue
            }
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $asked = 0
            # As long as they run, and four times at least: how often it is asked meanwhile is the machine's.
            while ($clock.Elapsed.TotalSeconds -lt $Seconds + 2 -or $asked -lt 4) {
                Test-Neighbour | Should -BeTrue -Because "the neighbour answers while $Count hostile guests run"
                $asked++
            }
            Get-LightVM -Name 'hg-evil-*' | Remove-LightVM -Confirm:$false
        }
    }
    AfterAll {
        Get-LightVM -Name 'hg-*' | Remove-LightVM -Confirm:$false
        $null = Invoke-Dom0Script 'rm -f /var/tmp/hg-*.img'
    }

    It 'one alone harms nobody, and is reported' {
        $daemons = Get-DaemonPid
        $before = 0
        foreach ($event in Get-LightVMEvent) { $before = $event.Sequence }
        Test-Attack -Count 1 -Seconds 10 -Seed 0
        Get-DaemonPid | Should -Be $daemons
        $faults = @(Get-LightVMEvent -After $before | Where-Object { $_.Kind -eq 'GuestFault' -and $_.Name -like 'hg-evil-*' })
        $faults.Count | Should -BeGreaterThan 0
        # However many there were: they do not flood the log.
        $faults.Count | Should -BeLessThan 20
    }

    It 'ten at once harm nobody, and what they held is given back' {
        $daemons = Get-DaemonPid
        Test-Attack -Count 10 -Seconds 5 -Seed 100
        $before = Get-HostResidue
        Test-Attack -Count 10 -Seconds 15 -Seed 200
        Get-DaemonPid | Should -Be $daemons
        Assert-NothingLeft $before { Get-HostResidue }
    }
}
