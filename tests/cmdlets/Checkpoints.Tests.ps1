Describe 'Checkpoints' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello"
        Get-LightVM 'ckc-*' | Remove-LightVM -Confirm:$false
        Get-LightVMCheckpoint 'ckc-*' | Remove-LightVMCheckpoint -Force -Confirm:$false
        $script:Guest = New-LightVM ckc-a hello -Memory 4MB
        $null = New-LightVM ckc-off hello -Memory 4MB -NoStart
    }
    AfterAll {
        Get-LightVM 'ckc-*' | Remove-LightVM -Confirm:$false
        Get-LightVMCheckpoint 'ckc-*' | Remove-LightVMCheckpoint -Force -Confirm:$false
    }

    It 'are made, shown, and removed' {
        Save-LightVM ckc-a -Keep -CheckpointName ckc-one | Should -BeNullOrEmpty
        $one = Get-LightVMCheckpoint ckc-one
        $one.GuestName | Should -BeExactly 'ckc-a'
        $one.GuestId | Should -Be $Guest.Id
        $one.ImageDigest | Should -BeExactly $Guest.ImageDigest
        $one.Memory | Should -Be 4MB
        $one.Size | Should -BeGreaterThan 64KB
        $one.HasDisks | Should -BeFalse
        $one.VMName | Should -BeExactly 'ckc-a'
        @(Get-LightVM ckc-a | Get-LightVMCheckpoint | ForEach-Object Name) -join ' ' | Should -BeExactly 'ckc-one'
        @(Get-LightVM ckc-off | Get-LightVMCheckpoint) | Should -HaveCount 0
        $one | Remove-LightVMCheckpoint -Confirm:$false
        Get-LightVMCheckpoint 'ckc-*' | Should -BeNullOrEmpty
    }

    It 'are named by their guest and the time where nobody names them' {
        $made = Save-LightVM ckc-a -Keep -PassThru
        $made.Name | Should -Match '^ckc-a-\d{8}-\d{6}$'
        (Get-LightVM ckc-a).State | Should -Be 'Running'
        Remove-LightVMCheckpoint $made.Name -Confirm:$false
    }

    It 'are not replaced without being told to' {
        $first = Save-LightVM ckc-a -Keep -CheckpointName ckc-two -PassThru
        { Save-LightVM ckc-a -Keep -CheckpointName ckc-two -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointExists,LightVM.PowerShell.SaveLightVMCommand'
        (Get-LightVM ckc-a).State | Should -Be 'Running'
        $second = Save-LightVM ckc-a -Keep -CheckpointName ckc-two -Force -PassThru
        $second.CreationTime | Should -BeGreaterThan $first.CreationTime
        @(Get-LightVMCheckpoint ckc-two) | Should -HaveCount 1
        Remove-LightVMCheckpoint ckc-two -Confirm:$false
    }

    It 'say what is wrong' {
        { Save-LightVM ckc-off -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState,LightVM.PowerShell.SaveLightVMCommand'
        { Save-LightVM ckc-none -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,LightVM.PowerShell.SaveLightVMCommand'
        { Save-LightVM ckc-a -CheckpointName 'No Name' -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,LightVM.PowerShell.SaveLightVMCommand'
        { Save-LightVM ckc-a, ckc-off -CheckpointName ckc-x -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,LightVM.PowerShell.SaveLightVMCommand'
        { Restore-LightVM ckc-none -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,LightVM.PowerShell.RestoreLightVMCommand'
        { Restore-LightVM -Name ckc-off -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,LightVM.PowerShell.RestoreLightVMCommand'
        { Restore-LightVM -Path /nowhere/file.lvmck -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,LightVM.PowerShell.RestoreLightVMCommand'
        { Restore-LightVM -Path "$PSCommandPath" -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointInvalid,LightVM.PowerShell.RestoreLightVMCommand'
        { Get-LightVMCheckpoint ckc-none -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,LightVM.PowerShell.GetLightVMCheckpointCommand'
        { Remove-LightVMCheckpoint ckc-none -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,LightVM.PowerShell.RemoveLightVMCheckpointCommand'
    }

    It 'are not made by -WhatIf, nor restored' {
        Save-LightVM ckc-a -WhatIf
        (Get-LightVM ckc-a).State | Should -Be 'Running'
        Get-LightVMCheckpoint 'ckc-*' | Should -BeNullOrEmpty
    }

    It 'tell of themselves by events' {
        $from = (Get-LightVMEvent -Last 1).Sequence
        $saved = Save-LightVM ckc-a -PassThru
        $saved.InUse | Should -BeTrue
        (Restore-LightVM -Name ckc-a).State | Should -Be 'Running'
        $kinds = @(Get-LightVMEvent -After $from | Where-Object Name -eq 'ckc-a' | ForEach-Object Kind)
        $kinds | Should -Contain 'GuestSaved'
        $kinds | Should -Contain 'GuestRestored'
        $kinds | Should -Not -Contain 'GuestStopped'
    }
}
