Describe 'Set-LightVM' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'set-*' | Remove-LightVM -Confirm:$false
    }
    AfterAll { Get-LightVM 'set-*' | Remove-LightVM -Confirm:$false }

    It 'changes a running guest where that needs no stop' {
        $guest = New-LightVM set-a hello
        Set-LightVM set-a -Labels @{ a = '1' } -RestartPolicy Always -OnCrash Restart | Should -BeNullOrEmpty
        $now = Get-LightVM set-a
        $now.Labels.a | Should -BeExactly '1'
        $now.RestartPolicy | Should -Be 'Always'
        $now.OnCrash | Should -Be 'Restart'
        $now.DomainId | Should -Be $guest.DomainId
    }

    It 'replaces the whole set of labels' {
        $null = New-LightVM set-labels noop -Labels @{ a = '1'; b = '2' } -NoStart
        $now = Set-LightVM set-labels -Labels @{ c = '3' } -PassThru
        $now.Labels.Count | Should -Be 1
        $now.Labels.c | Should -BeExactly '3'
    }

    It 'says InvalidState where the guest must be stopped, and changes nothing' {
        $null = New-LightVM set-running hello
        { Set-LightVM set-running -Memory 8MB -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState,LightVM.PowerShell.SetLightVMCommand'
        (Get-LightVM set-running).Memory | Should -Be 4MB
    }

    It 'changes a stopped guest, and the next start has it' {
        $null = New-LightVM set-stopped hello -NoStart
        Set-LightVM set-stopped -Memory 8MiB -CommandLine 'interval=100 changed'
        Start-LightVM set-stopped
        $now = Get-LightVM set-stopped
        $now.Memory | Should -Be 8MB
        Wait-LightVM set-stopped -Console 'argument 2: changed' -ErrorAction Stop
    }

    It 'wants something to change' {
        { Set-LightVM set-a } | Should -Throw -ErrorId 'InvalidArgument,LightVM.PowerShell.SetLightVMCommand'
    }

    It 'changes piped guests, each' {
        $null = New-LightVM set-many noop -Count 5 -NoStart
        @(Get-LightVM 'set-many-*' | Set-LightVM -RestartPolicy OnFailure -PassThru | Where-Object RestartPolicy -eq 'OnFailure') | Should -HaveCount 5
    }
}
