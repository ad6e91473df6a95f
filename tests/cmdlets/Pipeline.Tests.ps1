Describe 'Guests in the pipeline' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'pipe-*' | Remove-LightVM -Confirm:$false
    }
    AfterAll { Get-LightVM 'pipe-*' | Remove-LightVM -Confirm:$false }

    It 'go from one cmdlet to the next' {
        $guests = @(New-LightVM pipe-chain hello -Count 3 | Stop-LightVM -PassThru | Start-LightVM -PassThru)
        $guests | Should -HaveCount 3
        @($guests | Where-Object State -ne 'Running') | Should -HaveCount 0
    }

    It 'bind as objects, so that their host and id are kept' {
        $guest = New-LightVM pipe-object noop
        Stop-LightVM -VM $guest
        (Get-LightVM pipe-object).State | Should -Be 'Stopped'
    }

    It 'are addressed by their id: a guest of the same name made later is not touched' {
        $old = New-LightVM pipe-same noop
        Remove-LightVM pipe-same -Confirm:$false
        $null = New-LightVM pipe-same noop
        { $old | Stop-LightVM -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,*'
        (Get-LightVM pipe-same).State | Should -Be 'Running'
    }

    It 'may be names' {
        $null = New-LightVM -Name pipe-n1, pipe-n2 -Image noop
        'pipe-n1', 'pipe-n2' | Stop-LightVM
        @(Get-LightVM 'pipe-n?' -State Stopped) | Should -HaveCount 2
    }

    It 'may be rows that have a Name' {
        $null = New-LightVM pipe-row noop
        [pscustomobject]@{ Name = 'pipe-row' } | Stop-LightVM
        (Get-LightVM pipe-row).State | Should -Be 'Stopped'
    }

    It 'may be rows that have a VMName' {
        $null = New-LightVM pipe-vmrow noop
        [pscustomobject]@{ VMName = 'pipe-vmrow' } | Stop-LightVM
        (Get-LightVM pipe-vmrow).State | Should -Be 'Stopped'
    }

    It 'count once each, however often they come' {
        $guest = New-LightVM pipe-once noop
        @($guest, $guest | Stop-LightVM -PassThru) | Should -HaveCount 1
        @('pipe-once', 'pipe-on*' | Start-LightVM -PassThru) | Should -HaveCount 1
    }

    It 'ends early when a later command has enough' {
        $null = New-LightVM pipe-early hello -Count 3
        $first = 'none'
        foreach ($guest in Get-LightVM 'pipe-early-*') { $first = $guest.Name; break }
        $first | Should -BeExactly 'pipe-early-1'
    }

    It 'nothing comes of an empty pipeline' {
        @() | Stop-LightVM | Should -BeNullOrEmpty
        Get-LightVM 'pipe-none-*' | Remove-LightVM -Confirm:$false | Should -BeNullOrEmpty
    }
}
