Describe 'The pool' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVMPool | Remove-LightVMPool
    }
    AfterAll { Get-LightVMPool | Remove-LightVMPool }

    It 'is set, shown, changed and ended' {
        Set-LightVMPool hello -Memory 4MB -Count 2 | Should -BeNullOrEmpty
        $set = Set-LightVMPool noop 1 -PassThru
        $set.Image | Should -BeExactly noop
        $set.Memory | Should -Be 4MB
        $all = @(Get-LightVMPool)
        $all.Image | Should -Be hello, noop
        $all[0].Wanted | Should -Be 2
        $all[0].HostName | Should -BeExactly (Get-LightVMHost).Name
        Set-LightVMPool hello -Memory 8MB -Count 1
        @(Get-LightVMPool 'hel*') | Should -HaveCount 2
        Set-LightVMPool hello -Memory 8MB -Count 0
        @(Get-LightVMPool hello) | Should -HaveCount 1
        Remove-LightVMPool 'h*'
        @(Get-LightVMPool) | Should -HaveCount 1
        Get-LightVMPool | Remove-LightVMPool
        Get-LightVMPool | Should -BeNullOrEmpty
    }

    It 'changes nothing with -WhatIf' {
        Set-LightVMPool hello -Memory 4MB -Count 1
        Set-LightVMPool hello -Memory 4MB -Count 5 -WhatIf
        Set-LightVMPool -Budget 1MB -WhatIf
        Get-LightVMPool | Remove-LightVMPool -WhatIf
        (Get-LightVMPool hello).Wanted | Should -Be 1
        Get-LightVMPool | Remove-LightVMPool
    }

    It 'says what is wrong' {
        { Set-LightVMPool nope -Count 1 -ErrorAction Stop } | Should -Throw -ErrorId 'ImageNotFound,LightVM.PowerShell.SetLightVMPoolCommand'
        { Get-LightVMPool nope -ErrorAction Stop } | Should -Throw -ErrorId 'PoolNotFound,LightVM.PowerShell.GetLightVMPoolCommand'
        { Remove-LightVMPool nope -ErrorAction Stop } | Should -Throw -ErrorId 'PoolNotFound,LightVM.PowerShell.RemoveLightVMPoolCommand'
        { Set-LightVMPool hello -Memory 1MB -Count 1 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,LightVM.PowerShell.SetLightVMPoolCommand'
        { Set-LightVMPool hello -Count 5000 } | Should -Throw
        Get-LightVMPool 'nope*' | Should -BeNullOrEmpty
    }
}
