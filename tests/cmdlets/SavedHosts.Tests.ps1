# What one session saves by a name, later ones reach by it: XDG_CONFIG_HOME stands for a user of its own, a disconnection for the session's end.
Describe 'Saved hosts' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $lab = (Start-LightVMLab).Name
        $place = (Get-LightVMLab).Endpoint -replace '[?&]name=.*$'
        $configHome = $env:XDG_CONFIG_HOME
        $hostBefore = $env:LIGHTVM_HOST
        $env:XDG_CONFIG_HOME = "$TestDrive"
        $env:LIGHTVM_HOST = $null
        $file = "$TestDrive/lightvm/hosts.json"
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'saved-*' | Remove-LightVM -Confirm:$false
    }
    AfterEach {
        $env:LIGHTVM_HOST = $null
        Disconnect-LightVMHost saved-lab, saved-two -ErrorAction SilentlyContinue
    }
    AfterAll {
        $null = Start-LightVMLab
        Get-LightVM 'saved-*' | Remove-LightVM -Confirm:$false
        $env:XDG_CONFIG_HOME = $configHome
        $env:LIGHTVM_HOST = $hostBefore
    }

    It 'are named and saved when they are connected' {
        $it = Connect-LightVMHost $place -Alias saved-lab -Save
        $it.Name | Should -BeExactly 'saved-lab'
        $it.Endpoint | Should -BeExactly "$place&name=saved-lab"
        (Get-LightVMHost).Name | Should -Contain 'saved-lab'
        "$([IO.File]::GetUnixFileMode($file))" | Should -BeExactly 'UserWrite, UserRead'
        $saved = Get-LightVMHost -Saved
        $saved.GetType().FullName | Should -BeExactly 'LightVM.SavedHost'
        "$($saved.Name) $($saved.Endpoint) $($saved.IsConnected)" | Should -BeExactly "saved-lab $place True"
    }

    It 'are connected when they are named, by a later session' {
        (Get-LightVMHost -Saved).IsConnected | Should -BeFalse
        $null = New-LightVM saved-a noop -NoStart -HostName saved-lab
        (Get-LightVM saved-a -HostName saved-lab).HostName | Should -BeExactly 'saved-lab'
        (Get-LightVM saved-a -HostName $lab).HostName | Should -BeExactly $lab
        (Get-LightVMHost -Saved | Get-LightVMHost).Name | Should -BeExactly 'saved-lab'
    }

    It 'are the default host if LIGHTVM_HOST says so' {
        Disconnect-LightVMHost
        $env:LIGHTVM_HOST = 'saved-lab'
        try { (Get-LightVMHost).Name | Should -BeExactly 'saved-lab' } finally {
            Disconnect-LightVMHost saved-lab # or the lab is known by that name already
            (Start-LightVMLab).Name | Should -BeExactly $lab
        }
    }

    It 'are hosts of specs' {
        [IO.File]::WriteAllText("$TestDrive/fleet.yaml", "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: lab-saved }`nhosts:`n  - { name: saved-lab }`n" +
            "images:`n  - { name: noop, path: '$PSScriptRoot/../../out/images/noop' }`nguests:`n  - { name: saved-b, image: noop }`n")
        $steps = @(Compare-LightVMSpec "$TestDrive/fleet.yaml" | Where-Object Kind -eq Guest)
        "$($steps.Name) $($steps.Action) $($steps.HostName)" | Should -BeExactly 'saved-b Create saved-lab'
    }

    It 'are completed, and tell where they lead' {
        $found = @([System.Management.Automation.CommandCompletion]::CompleteInput('Get-LightVM -HostName saved-', 28, $null).CompletionMatches)
        $found.CompletionText | Should -BeExactly 'saved-lab'
        $found.ToolTip | Should -BeExactly $place
    }

    It 'keep their names: <Why>' -ForEach @(
        @{ Why = 'one that is saved for another place'; Line = 'Connect-LightVMHost ssh://elsewhere -Alias saved-lab'; Id = 'HostExists' }
        @{ Why = 'one that this session has for another place'; Line = 'Connect-LightVMHost ssh://elsewhere -Alias $lab'; Id = 'HostExists' }
        @{ Why = 'no name'; Line = 'Connect-LightVMHost $place -Alias ''saved two'' -Save'; Id = 'InvalidArgument' }
        @{ Why = 'no short name'; Line = 'Connect-LightVMHost "unix:/x.sock" -Save'; Id = 'InvalidArgument' }
        @{ Why = 'one name for two hosts'; Line = 'Connect-LightVMHost a, b -Alias saved-two'; Id = 'InvalidArgument' }
    ) {
        { & ([scriptblock]::Create("$Line -ErrorAction Stop")) } | Should -Throw -ErrorId "$Id,*"
        (Get-LightVMHost -Saved).Name | Should -BeExactly 'saved-lab'
    }

    It 'are not saved unless they answer' {
        { Connect-LightVMHost "unix:$TestDrive/none.sock" -Alias saved-two -Save -ErrorAction Stop } | Should -Throw -ErrorId 'HostUnreachable,*'
        (Get-LightVMHost -Saved).Name | Should -BeExactly 'saved-lab'
        { Disconnect-LightVMHost saved-two -ErrorAction Stop } | Should -Throw -ErrorId 'HostNotConnected,*'
    }

    It 'of a file that is broken are an error that names it, and others are reached' {
        $text = [IO.File]::ReadAllText($file)
        [IO.File]::WriteAllText($file, '{ "hosts": [] }')
        try {
            { Get-LightVM -HostName saved-lab -ErrorAction Stop } | Should -Throw -ErrorId 'HostsFileInvalid,*' -ExpectedMessage "*$file*"
            { Get-LightVMHost -Saved } | Should -Throw -ErrorId 'HostsFileInvalid,*'
            { Connect-LightVMHost $place -Alias saved-two -Save -ErrorAction Stop } | Should -Throw -ErrorId 'HostsFileInvalid,*'
            (Get-LightVMHost $lab).Name | Should -BeExactly $lab
            (Get-LightVMHost $place).Version | Should -Not -BeNullOrEmpty
        } finally { [IO.File]::WriteAllText($file, $text) }
    }

    It 'are saved by several at once without a loss' {
        $manifest = "$PSScriptRoot/../../LightVM.psd1"
        $null = 1..6 | ForEach-Object -ThrottleLimit 6 -Parallel { Import-Module $using:manifest; Connect-LightVMHost $using:place -Alias "saved-at-once-$_" -Save }
        @(Get-LightVMHost -Saved).Count | Should -Be 7
        Disconnect-LightVMHost (1..6 | ForEach-Object { "saved-at-once-$_" }) -Forget
        (Get-LightVMHost -Saved).Name | Should -BeExactly 'saved-lab'
    }

    It 'are forgotten when that is said, and not with -WhatIf' {
        Disconnect-LightVMHost saved-lab -Forget -WhatIf
        (Get-LightVMHost -Saved).Name | Should -BeExactly 'saved-lab'
        Disconnect-LightVMHost saved-lab -Forget
        Get-LightVMHost -Saved | Should -BeNullOrEmpty
        { Disconnect-LightVMHost saved-lab -Forget -ErrorAction Stop } | Should -Throw -ErrorId 'HostNotConnected,*'
        { Disconnect-LightVMHost -Forget } | Should -Throw -ErrorId 'InvalidArgument,*'
    }
}
