Describe 'Hosts' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'host-*' | Remove-LightVM -Confirm:$false
        $lab = Get-LightVMLab
        # The same lab by another name: to a session that is another host.
        $other = "$($lab.Endpoint -replace '&name=.*$')&name=host-other"
    }
    AfterAll {
        Disconnect-LightVMHost host-other -ErrorAction SilentlyContinue
        $null = Start-LightVMLab
        Get-LightVM 'host-*' | Remove-LightVM -Confirm:$false
    }

    It 'tell of themselves' {
        $it = Get-LightVMHost $lab.HostName
        $it.GetType().FullName | Should -BeExactly 'LightVM.Host'
        $it.Name | Should -BeExactly $lab.HostName
        $it.Version | Should -Match '^\d+\.\d+\.\d+'
        $it.XenVersion | Should -Match '^4\.'
        $it.Memory | Should -BeGreaterThan 1GB
        $it.FreeMemory | Should -BeGreaterThan 0
        $it.DataPlane | Should -BeTrue
        $it.Endpoint | Should -BeExactly $lab.Endpoint
    }

    It 'are named on any cmdlet by -HostName or -ComputerName' {
        $null = New-LightVM host-a noop -HostName $lab.HostName
        (Get-LightVM host-a -ComputerName $lab.HostName).HostName | Should -BeExactly $lab.HostName
        (Get-LightVM host-a -HostName $lab.Endpoint).HostName | Should -BeExactly $lab.HostName
        $missing = @(Get-Command -Module LightVM -Noun LightVM, LightVMImage, LightVMConsole, LightVMEvent | Where-Object { -not $_.Parameters.ContainsKey('HostName') } | ForEach-Object Name)
        $missing -join ' ' | Should -BeExactly ''
    }

    It 'become the default when they are connected, until another is' {
        (Connect-LightVMHost $other).Name | Should -BeExactly 'host-other'
        $null = New-LightVM host-b noop
        (Get-LightVM host-b).HostName | Should -BeExactly 'host-other'
        (Start-LightVMLab).Name | Should -BeExactly $lab.HostName
        (Get-LightVM host-b).HostName | Should -BeExactly $lab.HostName
    }

    It 'are all listed that are connected' {
        $null = Connect-LightVMHost $other
        $names = @(Get-LightVMHost | ForEach-Object Name)
        $names | Should -Contain $lab.HostName
        $names | Should -Contain 'host-other'
    }

    It 'keep their guests apart in a pipeline' {
        $null = Connect-LightVMHost $other
        $null = New-LightVM host-apart noop -HostName $lab.HostName
        $guests = @(Get-LightVM host-apart -HostName $lab.HostName, host-other)
        $guests | Should -HaveCount 2
        # Hosts are asked at once and written as they answer: in either order.
        $guests.HostName | Should -Contain $lab.HostName
        $guests.HostName | Should -Contain 'host-other'
        @($guests | Stop-LightVM -PassThru | ForEach-Object HostName) | Should -Contain 'host-other'
    }

    It 'are forgotten when they are disconnected' {
        $null = Connect-LightVMHost $other
        Disconnect-LightVMHost host-other
        @(Get-LightVMHost | ForEach-Object Name) | Should -Not -Contain 'host-other'
        { Disconnect-LightVMHost host-other -ErrorAction Stop } | Should -Throw -ErrorId 'HostNotConnected,*'
    }

    It 'are shared by all runspaces of the process' {
        $null = Start-LightVMLab
        $manifest = "$PSScriptRoot/../../LightVM.psd1"
        $names = @(1..4 | ForEach-Object -Parallel { Import-Module $using:manifest; (Get-LightVMHost).Name })
        $names | Should -HaveCount 4
        @($names | Where-Object { $_ -ne $lab.HostName }) | Should -HaveCount 0
    }

    It 'are connected once by a connection that serves requests at the same time' {
        $manifest = "$PSScriptRoot/../../LightVM.psd1"
        $counts = @(1..8 | ForEach-Object -ThrottleLimit 8 -Parallel { Import-Module $using:manifest; @(1..5 | ForEach-Object { @(Get-LightVMImage).Count }) })
        $counts | Should -HaveCount 40
    }

    It 'that cannot be reached do not keep the others from answering' {
        $null = New-LightVM host-alone noop -NoStart
        $guests = @(Get-LightVM host-alone -HostName "unix:$TestDrive/none.sock", $lab.HostName -ErrorVariable problems -ErrorAction SilentlyContinue)
        $guests | Should -HaveCount 1
        $problems | Should -HaveCount 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'HostUnreachable,*'
    }
}
