Describe '-WhatIf' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'whatif-*' | Remove-LightVM -Confirm:$false
        $null = New-LightVM whatif-on hello
        $null = New-LightVM whatif-off hello -NoStart
    }
    AfterAll { Get-LightVM 'whatif-*' | Remove-LightVM -Confirm:$false }

    It '<Command> changes nothing' -ForEach @(
        @{ Command = 'New-LightVM whatif-new hello' }
        @{ Command = 'New-LightVM whatif-many hello -Count 5' }
        @{ Command = 'Start-LightVM whatif-off' }
        @{ Command = 'Stop-LightVM whatif-on' }
        @{ Command = 'Stop-LightVM whatif-on -TurnOff' }
        @{ Command = 'Restart-LightVM whatif-on' }
        @{ Command = 'Suspend-LightVM whatif-on' }
        @{ Command = 'Resume-LightVM whatif-on' }
        @{ Command = 'Set-LightVM whatif-on -RestartPolicy Always' }
        @{ Command = 'Copy-LightVM whatif-on -Count 2' }
        @{ Command = 'Remove-LightVM whatif-*' }
        @{ Command = 'Get-LightVM whatif-* | Remove-LightVM' }
        @{ Command = 'Remove-LightVMImage hello' }
    ) {
        $before = @(Get-LightVM 'whatif-*' | ForEach-Object { "$($_.Name) $($_.State) $($_.DomainId) $($_.Revision)" }) -join '|'
        & ([scriptblock]::Create("$Command -WhatIf -ErrorAction Stop")) | Should -BeNullOrEmpty
        @(Get-LightVM 'whatif-*' | ForEach-Object { "$($_.Name) $($_.State) $($_.DomainId) $($_.Revision)" }) -join '|' | Should -BeExactly $before
        Get-LightVMImage hello | Should -HaveCount 1
    }

    It 'names the exact targets, after a look-up' {
        $ps = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            $null = $ps.AddScript("Import-Module '$PSScriptRoot/../../LightVM.psd1'; Stop-LightVM 'whatif-o*', whatif-none -WhatIf -ErrorAction SilentlyContinue -ErrorVariable e; @(`$e).Count; `$e[0].FullyQualifiedErrorId")
            $output = @($ps.Invoke())
            $output[0] | Should -Be 1
            $output[1] | Should -BeExactly 'GuestNotFound,LightVM.PowerShell.StopLightVMCommand'
            $host_ = (Get-LightVM whatif-on).HostName
            $told = @($ps.Streams.Information | ForEach-Object { "$($_.MessageData)" }) -join "`n"
            if ($told) {
                $told | Should -Match "guest whatif-off on $host_"
                $told | Should -Match "guest whatif-on on $host_"
            }
        } finally {
            $ps.Dispose()
        }
    }

    It 'is offered by every cmdlet that changes something' {
        $missing = @(Get-Command -Module LightVM | Where-Object { $_.Verb -in 'New', 'Set', 'Start', 'Stop', 'Restart', 'Suspend', 'Resume', 'Remove', 'Import', 'Save', 'Restore' } |
                Where-Object { -not $_.Parameters.ContainsKey('WhatIf') } | ForEach-Object Name)
        $missing -join ' ' | Should -BeExactly ''
    }
}
