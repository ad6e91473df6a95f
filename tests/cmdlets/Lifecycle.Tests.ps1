Describe 'Start-, Restart-, Suspend-, Resume- and Remove-LightVM' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'life-*' | Remove-LightVM -Confirm:$false
    }
    AfterAll { Get-LightVM 'life-*' | Remove-LightVM -Confirm:$false }

    It 'starts a stopped guest, silently' {
        $null = New-LightVM life-start hello -NoStart
        Start-LightVM life-start | Should -BeNullOrEmpty
        (Get-LightVM life-start).State | Should -Be 'Running'
    }

    It 'leaves a running guest as it is' {
        $guest = New-LightVM life-twice noop
        Start-LightVM life-twice -ErrorAction Stop
        (Get-LightVM life-twice).DomainId | Should -Be $guest.DomainId
    }

    It 'restarts: the same guest, another domain' {
        $guest = New-LightVM life-restart hello
        $after = Restart-LightVM life-restart -PassThru
        $after.Id | Should -Be $guest.Id
        $after.State | Should -Be 'Running'
        $after.DomainId | Should -Not -Be $guest.DomainId
    }

    It 'suspends and resumes' {
        $null = New-LightVM life-pause hello
        Suspend-LightVM life-pause
        (Get-LightVM life-pause).State | Should -Be 'Paused'
        (Resume-LightVM life-pause -PassThru).State | Should -Be 'Running'
    }

    It 'refuses to suspend what is stopped' {
        $null = New-LightVM life-off hello -NoStart
        { Suspend-LightVM life-off -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState,LightVM.PowerShell.SuspendLightVMCommand'
    }

    It 'removes a guest that is <State>' -ForEach @(
        @{ State = 'Running' }, @{ State = 'Stopped' }, @{ State = 'Paused' }
    ) {
        $null = New-LightVM life-remove hello -NoStart:($State -eq 'Stopped')
        if ($State -eq 'Paused') { Suspend-LightVM life-remove }
        (Get-LightVM life-remove).State | Should -Be $State
        Remove-LightVM life-remove -Confirm:$false | Should -BeNullOrEmpty
        Get-LightVM 'life-remove' -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'would ask before it removes' {
        ([LightVM.Guest].Assembly.GetName().Name) | Should -BeExactly 'LightVM.Contracts'
        $attribute = (Get-Command Remove-LightVM).ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false)[0]
        $attribute.ConfirmImpact | Should -Be 'High'
        $attribute.SupportsShouldProcess | Should -BeTrue
    }
}
