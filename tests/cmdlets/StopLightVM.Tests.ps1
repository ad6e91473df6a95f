Describe 'Stop-LightVM' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'stop-*' | Remove-LightVM -Confirm:$false
    }
    AfterAll { Get-LightVM 'stop-*' | Remove-LightVM -Confirm:$false }

    It 'asks the guest, which says goodbye, and writes nothing' {
        $null = New-LightVM stop-a hello
        Stop-LightVM stop-a | Should -BeNullOrEmpty
        $guest = Get-LightVM stop-a
        $guest.State | Should -Be 'Stopped'
        $guest.DomainId | Should -BeNullOrEmpty
        $guest.EndReason | Should -BeExactly 'poweroff'
        @(Receive-LightVMConsole stop-a)[-1] | Should -Match 'Goodbye'
    }

    It 'writes the guest with -PassThru' {
        $null = New-LightVM stop-pass hello
        $guest = Stop-LightVM stop-pass -PassThru
        $guest.Name | Should -BeExactly 'stop-pass'
        $guest.State | Should -Be 'Stopped'
    }

    It 'does nothing to a guest that is stopped' {
        $null = New-LightVM stop-twice hello -NoStart
        Stop-LightVM stop-twice -ErrorAction Stop
        (Get-LightVM stop-twice).State | Should -Be 'Stopped'
    }

    It 'keeps it Stopped whatever its restart policy' {
        $null = New-LightVM stop-always hello -RestartPolicy Always
        Stop-LightVM stop-always
        Wait-LightVM stop-always -For Stopped
        (Get-LightVM stop-always).State | Should -Be 'Stopped'
        (Get-LightVM stop-always).RestartPolicy | Should -Be 'Always'
    }

    It 'destroys a guest whose image has no shutdown handler without waiting' {
        $null = New-LightVM stop-noop noop
        Stop-LightVM stop-noop -Timeout 0 -ErrorAction Stop
        (Get-LightVM stop-noop).State | Should -Be 'Stopped'
    }

    It 'says StopTimeout for a guest that is not off in time' {
        $guest = New-LightVM stop-slow hello -CommandLine 'linger=600000'
        Stop-LightVM stop-slow -Timeout 0 -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems | Should -HaveCount 1
        $problems[0].FullyQualifiedErrorId | Should -BeExactly 'StopTimeout,LightVM.PowerShell.StopLightVMCommand'
        $problems[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $problems[0].TargetObject.Id | Should -Be $guest.Id
        $problems[0].ErrorDetails.RecommendedAction | Should -Match 'Force|TurnOff'
    }

    It 'destroys it after the time-out with -Force' {
        $null = New-LightVM stop-force hello -CommandLine 'linger=600000'
        Stop-LightVM stop-force -Timeout 0 -Force -ErrorAction Stop
        $guest = Get-LightVM stop-force
        $guest.State | Should -Be 'Stopped'
        $guest.EndReason | Should -BeExactly 'destroyed'
    }

    It 'destroys at once with -TurnOff' {
        $null = New-LightVM stop-off hello
        Stop-LightVM stop-off -TurnOff -ErrorAction Stop
        (Get-LightVM stop-off).State | Should -Be 'Stopped'
        (Get-LightVM stop-off).EndReason | Should -BeExactly 'destroyed'
        @(Receive-LightVMConsole stop-off) -join '|' | Should -Not -Match 'Goodbye'
    }

    It 'stops many by a wildcard' {
        $null = New-LightVM stop-many hello -Count 10
        Stop-LightVM 'stop-many-*'
        @(Get-LightVM 'stop-many-*' -State Stopped) | Should -HaveCount 10
    }
}
