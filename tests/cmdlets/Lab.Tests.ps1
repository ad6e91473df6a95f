Describe 'The lab' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'lab-*' | Remove-LightVM -Confirm:$false
    }
    AfterAll { Get-LightVM 'lab-*' | Remove-LightVM -Confirm:$false }

    It 'that runs is joined, and becomes the default host' {
        $first = Start-LightVMLab
        $second = Start-LightVMLab
        $second.Name | Should -BeExactly $first.Name
        $second.StartTime | Should -Be $first.StartTime
        (New-LightVM lab-a noop).HostName | Should -BeExactly $first.Name
    }

    It 'tells how it is reached' {
        $lab = Get-LightVMLab
        $lab.State | Should -BeExactly 'Up'
        $lab.Memory | Should -BeGreaterThan 1GB
        $lab.Endpoint | Should -Match '^ssh://lab\?config=.*/ssh_config'
        $lab.HostName | Should -BeExactly (Start-LightVMLab).Name
    }

    It 'that is not there is Down, and stopping it is no error' {
        (Get-LightVMLab -Name lab-none).State | Should -BeExactly 'Down'
        Stop-LightVMLab -Name lab-none -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'wants a name that can be one, and a checkout' {
        { Start-LightVMLab -Name 'No/Name' } | Should -Throw -ErrorId 'LabFailed,LightVM.PowerShell.StartLightVMLabCommand'
        { Start-LightVMLab -Path $TestDrive } | Should -Throw -ErrorId 'LabFailed,LightVM.PowerShell.StartLightVMLabCommand'
    }
}
