# A daemon dies by SIGKILL while devices of a running guest come and go: afterwards lightvmd's record and what lightvm-io has
# are the same, nothing is held for what is not there, and the guest goes on.
Describe 'devices that come and go while daemons are killed' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage -Path "$PSScriptRoot/../../out/images/daytime"
        $script:Used = (Get-LightVMNetwork -Name default).AdapterCount
        $script:Before = [int](Invoke-Dom0Script 'ls /run/lightvm/block | wc -l')
        $null = Invoke-Dom0Script 'truncate -s 1M /var/tmp/kde-0.img /var/tmp/kde-1.img'
        $null = New-LightVM -Name kde -Image daytime -Memory 4MB
        Wait-LightVM -Name kde -For Network -Timeout 60

        # What is in the record without being in lightvm-io has no counters.
        function Get-Disagreement {
            @(Get-LightVMNetworkAdapter -Name kde -Counters) + @(Get-LightVMDisk -Name kde -Counters) | Where-Object { $null -eq $_.Counters }
        }
        # The kill falls somewhere into what is done meanwhile; what it cuts off fails, or is done again: either is right here.
        function Invoke-WithKill([string] $Victim, [int] $Milliseconds) {
            $null = Invoke-Dom0Script "rm -f /run/kde-killed; (sleep 0.$('{0:000}' -f $Milliseconds); kill -9 `$(pidof $Victim); touch /run/kde-killed) >/dev/null 2>&1 & true"
            foreach ($turn in 1..4) {
                try {
                    $null = Add-LightVMNetworkAdapter -Name kde -Network default -ErrorAction SilentlyContinue
                    $null = Add-LightVMDisk -Name kde -Path "/var/tmp/kde-$($turn % 2).img" -ErrorAction SilentlyContinue
                    if ($turn -eq 4) { return }
                    Get-LightVMNetworkAdapter -Name kde | Where-Object Id -ne 0 | Remove-LightVMNetworkAdapter -Confirm:$false -ErrorAction SilentlyContinue
                    Get-LightVMDisk -Name kde | Remove-LightVMDisk -Confirm:$false -ErrorAction SilentlyContinue
                }
                catch [LightVM.LightVMException] { $null = $_ }
            }
        }
        # The kill comes also if all that was done meanwhile is done before it.
        function Wait-Agreement {
            $null = Wait-Until 'the kill' { (Invoke-Dom0Script 'test -e /run/kde-killed && echo yes || true') -eq 'yes' }
            $null = Wait-Until 'both daemons to be back' { try { (Get-LightVMHost).DataPlane } catch { $false } }
            $null = Wait-Until 'record and data plane to agree' { @(Get-Disagreement).Count -eq 0 }
        }
    }
    AfterAll {
        Get-LightVM -Name 'kde*' | Remove-LightVM -Confirm:$false
        $null = Invoke-Dom0Script 'rm -f /var/tmp/kde-?.img'
    }

    It 'agree after <Victim> was killed' -ForEach @(@{ Victim = 'lightvmd' }, @{ Victim = 'lightvm-io' }) {
        foreach ($round in 1..8) {
            Invoke-WithKill $Victim (100 * $round)
            Wait-Agreement
            (Get-LightVMNetwork -Name default).AdapterCount | Should -Be ($Used + @(Get-LightVMNetworkAdapter -Name kde).Count)
            [int](Invoke-Dom0Script 'ls /run/lightvm/block | wc -l') | Should -Be ($Before + @(Get-LightVMDisk -Name kde).Count)
            Get-LightVMNetworkAdapter -Name kde | Where-Object Id -ne 0 | Remove-LightVMNetworkAdapter -Force -Confirm:$false
            Get-LightVMDisk -Name kde | Remove-LightVMDisk -Force -Confirm:$false
        }
        (Get-LightVMNetwork -Name default).AdapterCount | Should -Be ($Used + 1)
        (Invoke-Dom0Script "timeout 10 busybox nc $((Get-LightVM -Name kde).Address) 13") | Should -Match '20\d\d'
    }

    It 'a disk is one writer''s, also over kills, and free when that one is gone' {
        $null = Add-LightVMDisk -Name kde -Path /var/tmp/kde-0.img
        $null = New-LightVM -Name kde-other -Image daytime -Memory 4MB
        foreach ($victim in 'lightvm-io', 'lightvmd') {
            { Add-LightVMDisk -Name kde-other -Path /var/tmp/kde-0.img -ErrorAction Stop } | Should -Throw -ErrorId 'DiskInUse*'
            $null = Invoke-Dom0Script "kill -9 `$(pidof $victim)"
            Wait-Agreement
        }
        Get-LightVMDisk -Name kde | Remove-LightVMDisk -Confirm:$false
        Add-LightVMDisk -Name kde-other -Path /var/tmp/kde-0.img
        (Get-LightVMDisk -Name kde-other).Path | Should -Be '/var/tmp/kde-0.img'
    }
}
