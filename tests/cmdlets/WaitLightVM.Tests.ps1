Describe 'Wait-LightVM' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'wait-*' | Remove-LightVM -Confirm:$false
    }
    AfterAll { Get-LightVM 'wait-*' | Remove-LightVM -Confirm:$false }

    It 'returns at once, silently, for what is there already: <For>' -ForEach @(
        @{ For = 'Running' }, @{ For = 'FirstEvent' }
    ) {
        $null = New-LightVM "wait-$($For.ToLowerInvariant())" noop
        Wait-LightVM "wait-$($For.ToLowerInvariant())" -For $For -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'waits for the end of a guest' {
        $null = New-LightVM wait-end hello -CommandLine 'interval=200 count=5'
        (Wait-LightVM wait-end -For Stopped -PassThru -ErrorAction Stop).State | Should -Be 'Stopped'
    }

    It 'waits for a console line, past ones included' {
        $guest = New-LightVM wait-line hello -CommandLine 'interval=200'
        ($guest | Wait-LightVM -Console '^tick [3-9]' -PassThru -ErrorAction Stop).Id | Should -Be $guest.Id
        Wait-LightVM wait-line -Console '^Hello from' -ErrorAction Stop
    }

    It 'says WaitTimeout for each that is not there in time' {
        $null = New-LightVM -Name wait-t1, wait-t2 -Image noop
        Wait-LightVM 'wait-t?' -For Stopped -Timeout 1 -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems | Should -HaveCount 2
        $problems[0].FullyQualifiedErrorId | Should -BeExactly 'WaitTimeout,LightVM.PowerShell.WaitLightVMCommand'
        $problems[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
    }

    It 'refuses a pattern that is none, and both ways at once' {
        { Wait-LightVM wait-end -Console '(' } | Should -Throw -ErrorId 'InvalidArgument,LightVM.PowerShell.WaitLightVMCommand'
        { Wait-LightVM wait-end -Console 'a' -For Running } | Should -Throw -ErrorId 'InvalidArgument,LightVM.PowerShell.WaitLightVMCommand'
    }
}
