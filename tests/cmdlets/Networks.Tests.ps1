Describe 'Networks' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/daytime"
        Get-LightVM 'netc-*' | Remove-LightVM -Confirm:$false
        Get-LightVMNetwork 'netc-*' | Remove-LightVMNetwork
    }
    AfterAll {
        Get-LightVM 'netc-*' | Remove-LightVM -Confirm:$false
        Get-LightVMNetwork 'netc-*' | Remove-LightVMNetwork
    }

    It 'has one that is called default' {
        $network = Get-LightVMNetwork default
        $network.Subnet | Should -Match '^\d+\.\d+\.\d+\.\d+/\d+$'
        $network.Gateway | Should -Match '^\d+\.\d+\.\d+\.\d+$'
        { Remove-LightVMNetwork default -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,LightVM.PowerShell.RemoveLightVMNetworkCommand'
    }

    It 'makes one, shows it, changes it and removes it' {
        $made = New-LightVMNetwork netc-a -Subnet 10.211.1.0/24 -NoNat
        $made.Gateway | Should -BeExactly '10.211.1.1'
        $made.Nat | Should -BeFalse
        (New-LightVMNetwork netc-a -Subnet 10.211.1.0/24 -NoNat).Id | Should -Be $made.Id
        { New-LightVMNetwork netc-a -Subnet 10.211.2.0/24 -ErrorAction Stop } | Should -Throw -ErrorId 'NetworkExists,LightVM.PowerShell.NewLightVMNetworkCommand'
        Set-LightVMNetwork netc-a -Isolated $true -Mtu 1400
        $now = Get-LightVMNetwork 'netc-*'
        $now.Isolated | Should -BeTrue
        $now.Mtu | Should -Be 1400
        $now.Subnet | Should -BeExactly '10.211.1.0/24'
        $now | Remove-LightVMNetwork
        Get-LightVMNetwork 'netc-a*' | Should -BeNullOrEmpty
    }

    It 'puts guests on it, hot as well, and does not lose it meanwhile' {
        $null = New-LightVMNetwork netc-b -Subnet 10.211.3.0/24
        $guest = New-LightVM netc-one daytime -NetworkAdapter 'netc-b,address=10.211.3.7,rate=10MB'
        $guest.Address | Should -BeExactly '10.211.3.7'
        Wait-LightVM netc-one -For Network -Timeout 60 -ErrorAction Stop
        { Remove-LightVMNetwork netc-b -ErrorAction Stop } | Should -Throw -ErrorId 'NetworkInUse,LightVM.PowerShell.RemoveLightVMNetworkCommand'
        { Set-LightVMNetwork netc-b -Subnet 10.211.4.0/24 -ErrorAction Stop } | Should -Throw -ErrorId 'NetworkInUse,LightVM.PowerShell.SetLightVMNetworkCommand'
        $adapter = Get-LightVMNetworkAdapter netc-one -Counters
        $adapter.State | Should -Be 'Connected'
        $adapter.Reachable | Should -BeTrue
        $adapter.RateLimit | Should -Be 10MB
        $adapter.Counters.SentRequests | Should -BeGreaterThan 0
        (Set-LightVMNetworkAdapter netc-one 0 -RateLimit 0 -PassThru).RateLimit | Should -Be 0

        $second = Add-LightVMNetworkAdapter netc-one -PassThru
        $second.Network | Should -BeExactly 'default'
        Wait-LightVM netc-one -For Network -Timeout 60 -ErrorAction Stop
        @(Get-LightVMNetworkAdapter netc-one | ForEach-Object Network) -join ' ' | Should -BeExactly 'netc-b default'
        Get-LightVMNetworkAdapter netc-one | Where-Object Network -eq default | Remove-LightVMNetworkAdapter -ErrorAction Stop
        @(Get-LightVMNetworkAdapter netc-one) | Should -HaveCount 1
        (Get-LightVM netc-one).State | Should -Be 'Running'
        { Remove-LightVMNetworkAdapter netc-one 5 -ErrorAction Stop } | Should -Throw -ErrorId 'AdapterNotFound,LightVM.PowerShell.RemoveLightVMNetworkAdapterCommand'
    }

    It 'gives an adapter to who asks for one, and none to who is to have none' {
        (New-LightVM netc-default daytime -NoStart).Adapters[0].Network | Should -BeExactly 'default'
        @((New-LightVM netc-none daytime -NoNetwork -NoStart).Adapters) | Should -HaveCount 0
        { New-LightVM netc-bad daytime -NetworkAdapter nowhere -ErrorAction Stop } | Should -Throw -ErrorId 'NetworkNotFound,LightVM.PowerShell.NewLightVMCommand'
        { Wait-LightVM netc-none -For Network -Timeout 0 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState,LightVM.PowerShell.WaitLightVMCommand'
    }

    It 'offers names of networks' {
        $line = 'Remove-LightVMNetwork netc-'
        foreach ($try in 1..50) {
            $found = @([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches | ForEach-Object CompletionText)
            if ($found) { break }
            $null = [Threading.Thread]::CurrentThread.Join(100)
        }
        $found -join ' ' | Should -BeExactly 'netc-b'
    }
}
