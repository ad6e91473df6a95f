Describe 'Measure-LightVM' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/../lab/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/disk", "$PSScriptRoot/../../out/images/http"
        Get-LightVM 'meas-*' | Remove-LightVM -Confirm:$false
        Invoke-Dom0Script 'rm -rf /tmp/meas; mkdir /tmp/meas; truncate -s 4M /tmp/meas/a.img'
        $null = New-LightVM meas-disk disk -Disk /tmp/meas/a.img -CommandLine 'write=1 check=1 rounds=100000 chunk=64' -Labels @{ tier = 'back' }
        $web = New-LightVM meas-web http -NetworkAdapter default -Labels @{ tier = 'front' }
        $null = New-LightVM meas-off hello -NoStart
        $null = Wait-LightVM meas-web -For Network
        $null = Wait-Until 'the guest has written to its disk' { (Get-LightVMDisk meas-disk -Counters).Counters.SentBytes -gt 1MB }
        $null = Invoke-Dom0 curl -sf --max-time 20 -o /dev/null "http://$($web.Address)/"
    }
    AfterAll {
        Get-LightVM 'meas-*' | Remove-LightVM -Confirm:$false
        Invoke-Dom0Script 'rm -rf /tmp/meas'
    }

    It 'shows what each guest uses' {
        $of = @{}
        foreach ($one in Measure-LightVM 'meas-*') { $of[$one.Name] = $one }
        @($of.Keys).Count | Should -Be 3
        $of['meas-disk'].CpuTime.TotalMilliseconds | Should -BeGreaterThan 0
        $of['meas-disk'].DiskWrittenBytes | Should -BeGreaterThan 1MB
        $of['meas-disk'].DiskReads | Should -BeGreaterThan 0
        $of['meas-web'].NetworkSentBytes | Should -BeGreaterThan 100
        $of['meas-web'].NetworkReceivedPackets | Should -BeGreaterThan 3
        $of['meas-web'].Memory | Should -BeGreaterThan 1MB
        $of['meas-web'].Memory | Should -BeLessOrEqual ((Get-LightVM meas-web).Memory + 1MB)
        $of['meas-web'].DomainId | Should -Be (Get-LightVM meas-web).DomainId
        $of['meas-web'].CpuPercent | Should -BeNullOrEmpty
        $of['meas-off'].DomainId | Should -BeNullOrEmpty
        $of['meas-off'].Memory | Should -Be 0
    }

    It 'agrees with what adapters and disks say of themselves' {
        Suspend-LightVM meas-disk
        $null = Wait-Until 'its last writes are done' {
            $before = (Get-LightVMDisk meas-disk -Counters).Counters.SentBytes
            $null = [Threading.Thread]::CurrentThread.Join(300)
            (Get-LightVMDisk meas-disk -Counters).Counters.SentBytes -eq $before
        }
        $counters = (Get-LightVMDisk meas-disk -Counters).Counters
        $one = Measure-LightVM meas-disk
        $one.DiskWrittenBytes | Should -Be $counters.SentBytes
        $one.DiskReads | Should -Be $counters.ReceivedRequests
        $one.State | Should -Be 'Paused'
        Resume-LightVM meas-disk
    }

    It 'shows rates between two measurements' {
        $one = Get-LightVM meas-disk | Measure-LightVM -Interval 00:00:01
        $one.CpuPercent | Should -BeGreaterThan 0
        $one.DiskWrittenRate | Should -BeGreaterThan 0
        $one.NetworkSentRate | Should -Be 0
    }

    It 'filters by label, and says who is not there' {
        (@(Measure-LightVM 'meas-*' -Labels @{ tier = 'front' }) | ForEach-Object Name) -join ' ' | Should -Be 'meas-web'
        { Measure-LightVM meas-none -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,LightVM.PowerShell.MeasureLightVMCommand'
        Measure-LightVM 'meas-none*' | Should -BeNullOrEmpty
    }
}
