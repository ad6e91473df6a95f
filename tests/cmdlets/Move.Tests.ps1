# What Move-LightVM and Resolve-LightVMMove refuse with one host alone; moves themselves: tests/lab/Move.Tests.ps1.
Describe 'Moves that do not come to pass' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $lab = (Start-LightVMLab).Name
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello"
        $null = New-LightVM stay hello
    }
    AfterAll { Remove-LightVM stay -Confirm:$false }

    It 'to the host that it is on' {
        { Move-LightVM stay -Destination $lab -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument*'
    }

    It 'to a host that does not answer, or is none' {
        { Move-LightVM stay -Destination 'unix:/run/no/such.sock' -ErrorAction Stop } | Should -Throw -ErrorId 'HostUnreachable*'
        { Move-LightVM stay -Destination 'nonsense://x' -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument*'
    }

    It 'of a guest that is not there' {
        { Move-LightVM none -Destination 'unix:/run/no/such.sock' -ErrorAction Stop } | Should -Throw -ErrorId 'HostUnreachable*'
        Move-LightVM 'none-*' -Destination 'unix:/run/no/such.sock' -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed | Should -HaveCount 0
    }

    It 'with -WhatIf' {
        Move-LightVM stay -Destination 'unix:/run/no/such.sock' -WhatIf -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed | Should -HaveCount 0
    }

    It 'that nobody has in doubt need no decision' {
        foreach ($where in 'Source', 'Destination') {
            { Resolve-LightVMMove stay -RunAt $where -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState*'
        }
    }

    It 'leave it as it was' {
        $guest = Get-LightVM stay
        $guest.State | Should -Be 'Running'
        $guest.Move | Should -BeNullOrEmpty
    }
}
