Describe 'Disks' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/../lab/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/disk"
        Get-LightVM 'diskc-*' | Remove-LightVM -Confirm:$false
        Invoke-Dom0Script 'rm -rf /tmp/diskc; mkdir /tmp/diskc; truncate -s 1M /tmp/diskc/a.img'
    }
    AfterAll {
        Get-LightVM 'diskc-*' | Remove-LightVM -Confirm:$false
        Invoke-Dom0Script 'rm -rf /tmp/diskc'
    }

    It 'gives a guest disks at its creation, and shows them' {
        $guest = New-LightVM diskc-a disk -Disk /tmp/diskc/a.img, '/tmp/diskc/new.img,size=2MB' -NoStart
        @($guest.Disks | ForEach-Object { "$($_.Id) $($_.Path) $($_.Size) $($_.State)" }) -join '|' | Should -BeExactly '0 /tmp/diskc/a.img 1048576 Detached|1 /tmp/diskc/new.img 2097152 Detached'
        @(Get-LightVMDisk diskc-a | Where-Object { $_.VMName -eq 'diskc-a' }) | Should -HaveCount 2
    }

    It 'adds one, and removes one, of a guest that is stopped' {
        Invoke-Dom0Script 'truncate -s 1M /tmp/diskc/b.img'
        (Add-LightVMDisk diskc-a -Path /tmp/diskc/b.img -ReadOnly -PassThru).Id | Should -Be 2
        Remove-LightVMDisk diskc-a -Id 1
        Get-LightVMDisk diskc-a | Where-Object ReadOnly | Remove-LightVMDisk
        @(Get-LightVMDisk diskc-a | ForEach-Object Path) -join ' ' | Should -BeExactly '/tmp/diskc/a.img'
        Invoke-Dom0Script 'ls /tmp/diskc' | Should -Contain 'new.img'
    }

    It 'counts what a guest does with one, and keeps it from others meanwhile' {
        $null = Set-LightVM diskc-a -CommandLine 'write=1 check=1 rounds=100000 chunk=64'
        Start-LightVM diskc-a
        Wait-Until 'the guest has written to its disk' { (Get-LightVMDisk diskc-a -Counters).Counters.SentBytes -gt 1MB }
        (Get-LightVMDisk diskc-a).State | Should -Be 'Connected'
        { New-LightVM diskc-b disk -Disk /tmp/diskc/a.img -ErrorAction Stop } | Should -Throw -ErrorId 'DiskInUse,LightVM.PowerShell.NewLightVMCommand'
        Stop-LightVM diskc-a -TurnOff
    }

    It 'offers one to a guest that runs, and takes it back' {
        $null = New-LightVM diskc-hot hello
        $disk = Add-LightVMDisk diskc-hot /tmp/diskc/hot.img -Size 1MB -PassThru
        (Get-LightVMDisk diskc-hot $disk.Id).State | Should -Be 'Waiting'
        $disk | Remove-LightVMDisk -Force -ErrorAction Stop
        Get-LightVMDisk diskc-hot | Should -BeNullOrEmpty
        (Get-LightVM diskc-hot).State | Should -Be 'Running'
    }

    It 'says what is wrong' {
        { Add-LightVMDisk diskc-a /tmp/diskc/none.img -ErrorAction Stop } | Should -Throw
        { Remove-LightVMDisk diskc-a 77 -ErrorAction Stop } | Should -Throw -ErrorId 'DiskNotFound,LightVM.PowerShell.RemoveLightVMDiskCommand'
        { Add-LightVMDisk diskc-none /tmp/diskc/a.img -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,LightVM.PowerShell.AddLightVMDiskCommand'
    }
}
