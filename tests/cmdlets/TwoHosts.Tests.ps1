# Two real Xen hosts that know nothing of each other, with guests of the same names. Boots a second lab.
Describe 'Same-named guests of two hosts' -Tag Lab, Boot {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $one = (Start-LightVMLab).Name
        $two = (Start-LightVMLab -Name second -Memory 2GB).Name
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello" -HostName $one, $two
        Get-LightVM 'twin-*' -HostName $one, $two | Remove-LightVM -Confirm:$false
        $twins = @(New-LightVM twin hello -Count 3 -HostName $one, $two)
    }
    AfterAll {
        Stop-LightVMLab -Name second
        $null = Start-LightVMLab
        Get-LightVM 'twin-*' | Remove-LightVM -Confirm:$false
    }

    It 'are made on both by one command, and know where they are' {
        $twins | Should -HaveCount 6
        $two | Should -Not -Be $one
        @($twins | Where-Object HostName -eq $one) | Should -HaveCount 3
        @($twins | Where-Object HostName -eq $two) | Should -HaveCount 3
        @($twins | ForEach-Object Id).Count | Should -Be 6
    }

    It 'are looked for on the host that was started last, where none is named' {
        @(Get-LightVM 'twin-*' | Where-Object HostName -ne $two) | Should -HaveCount 0
    }

    It 'are addressed by host and id when they are piped' {
        @($twins | Where-Object { $_.Name -eq 'twin-1' -and $_.HostName -eq $one } | Stop-LightVM -PassThru) | Should -HaveCount 1
        (Get-LightVM twin-1 -HostName $one).State | Should -Be 'Stopped'
        (Get-LightVM twin-1 -HostName $two).State | Should -Be 'Running'
    }

    It 'are all stopped by one pipeline' {
        $twins | Stop-LightVM
        @(Get-LightVM 'twin-*' -HostName $one, $two | Where-Object State -ne 'Stopped') | Should -HaveCount 0
    }

    It 'are removed on the one host only, where the other''s are not piped' {
        Get-LightVM 'twin-*' -HostName $two | Remove-LightVM -Confirm:$false
        @(Get-LightVM 'twin-*' -HostName $one) | Should -HaveCount 3
        @(Get-LightVM 'twin-*' -HostName $two) | Should -HaveCount 0
    }
}
