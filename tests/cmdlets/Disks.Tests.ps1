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
        (Add-LightVMDisk diskc-a -Path /tmp/diskc/b.img -Size 1MB -ReadOnly -PassThru).Id | Should -Be 2
        Remove-LightVMDisk diskc-a -Id 1
        Get-LightVMDisk diskc-a | Where-Object ReadOnly | Remove-LightVMDisk
        @(Get-LightVMDisk diskc-a | ForEach-Object Path) -join ' ' | Should -BeExactly '/tmp/diskc/a.img'
        Invoke-Dom0Script 'ls /tmp/diskc' | Should -Contain 'new.img'
    }

    It 'adds one to a guest that runs' {
        Start-LightVM diskc-a
        $disk = Add-LightVMDisk diskc-a /tmp/diskc/hot.img -Size 1MB -PassThru
        Wait-Until 'the guest has the disk' { (Get-LightVMDisk diskc-a $disk.Id).State -eq 'Connected' }
        { New-LightVM diskc-b disk -Disk /tmp/diskc/hot.img -ErrorAction Stop } | Should -Throw -ErrorId 'DiskInUse,LightVM.PowerShell.NewLightVMCommand'
    }

    It 'says what is wrong' {
        { Add-LightVMDisk diskc-a /tmp/diskc/none.img -ErrorAction Stop } | Should -Throw
        { Remove-LightVMDisk diskc-a 77 -ErrorAction Stop } | Should -Throw -ErrorId 'DiskNotFound,LightVM.PowerShell.RemoveLightVMDiskCommand'
        { Add-LightVMDisk diskc-none /tmp/diskc/a.img -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,LightVM.PowerShell.AddLightVMDiskCommand'
    }
}
