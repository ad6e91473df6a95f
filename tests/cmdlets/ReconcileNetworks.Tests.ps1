Describe 'Invoke-LightVMReconcile with networks' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $script:Images = [IO.Path]::GetFullPath("$PSScriptRoot/../../out/images")
        $script:Spec = [IO.Path]::Combine([IO.Path]::GetTempPath(), "netspec-$PID.yaml")

        function Set-Spec([string] $Networks, [string] $Guests) {
            [IO.File]::WriteAllText($script:Spec, @"
apiVersion: lightvm/v1
kind: Fleet
metadata: { name: netspec }
images:
  - { name: daytime, path: '$script:Images/daytime' }
networks: $Networks
guests:
$Guests
"@)
        }
        function Get-Action { @($args[0] | ForEach-Object { "$($_.Action) $($_.Name) $($_.Status)" }) -join '|' }
        Get-LightVM 'netspec-*' | Remove-LightVM -Confirm:$false
        Get-LightVMNetwork 'netspec-*' | Remove-LightVMNetwork
    }
    AfterAll {
        Set-Spec '[]' '  []'
        $null = Invoke-LightVMReconcile $script:Spec -AllowEmpty
        [IO.File]::Delete($script:Spec)
    }

    It 'makes networks, then guests on them, and then there is nothing to do' {
        Set-Spec '[{ name: netspec-a, subnet: 10.212.1.0/24 }]' '  - { name: netspec-one, image: daytime, adapters: [{ network: netspec-a, address: 10.212.1.9 }], publish: ["12113:13"] }'
        $results = @(Invoke-LightVMReconcile $script:Spec -ErrorAction Stop | Where-Object Kind -ne Image)
        Get-Action $results | Should -BeExactly 'Create netspec-a Succeeded|Create netspec-one Succeeded'
        Wait-LightVM netspec-one -For Ready -Timeout 60 -ErrorAction Stop
        @(Invoke-LightVMReconcile $script:Spec) | Should -HaveCount 0
        (Get-LightVMNetwork netspec-a).Fleet | Should -BeExactly 'netspec'
    }

    It 'changes adapters, ports and networks while the guest runs' {
        $domain = (Get-LightVM netspec-one).DomainId
        Set-Spec '[{ name: netspec-a, subnet: 10.212.1.0/24, isolated: true }, { name: netspec-b }]' '  - { name: netspec-one, image: daytime, adapters: [{ network: netspec-a, address: 10.212.1.9, rateLimit: 10MB }, { network: netspec-b }], publish: ["12114:13"] }'
        Get-Action @(Invoke-LightVMReconcile $script:Spec -ErrorAction Stop) | Should -BeExactly 'Update netspec-a Succeeded|Create netspec-b Succeeded|Update netspec-one Succeeded'
        $guest = Get-LightVM netspec-one
        $guest.DomainId | Should -Be $domain
        @($guest.Adapters | ForEach-Object Network) -join ' ' | Should -BeExactly 'netspec-a netspec-b'
        $guest.Publish -join ' ' | Should -BeExactly '12114:13'
        @(Invoke-LightVMReconcile $script:Spec) | Should -HaveCount 0
    }

    It 'gives the only adapter another address while a port leads to it' {
        $networks = '[{ name: netspec-a, subnet: 10.212.1.0/24, isolated: true }, { name: netspec-b }]'
        $guest = '  - { name: netspec-two, image: daytime, adapters: [{ network: netspec-a, address: ADDRESS }], publish: ["12115:13"] }'
        $one = '  - { name: netspec-one, image: daytime, adapters: [{ network: netspec-a, address: 10.212.1.9, rateLimit: 10MB }, { network: netspec-b }], publish: ["12114:13"] }' + "`n"
        Set-Spec $networks ($one + $guest.Replace('ADDRESS', '10.212.1.20'))
        $null = Invoke-LightVMReconcile $script:Spec -ErrorAction Stop
        $domain = (Get-LightVM netspec-two).DomainId
        Set-Spec $networks ($one + $guest.Replace('ADDRESS', '10.212.1.21'))
        Get-Action @(Invoke-LightVMReconcile $script:Spec -ErrorAction Stop) | Should -BeExactly 'Update netspec-two Succeeded'
        @(Invoke-LightVMReconcile $script:Spec) | Should -HaveCount 0
        $two = Get-LightVM netspec-two
        "$($two.DomainId) $($two.Address) $($two.Publish)" | Should -BeExactly "$domain 10.212.1.21 12115:13"
        Set-Spec $networks $one
        Get-Action @(Invoke-LightVMReconcile $script:Spec -ErrorAction Stop) | Should -BeExactly 'Delete netspec-two Succeeded'
    }

    It 'restarts it for files, and finds out when only their content differs' {
        Set-Spec '[{ name: netspec-a, subnet: 10.212.1.0/24 }]' '  - { name: netspec-one, image: daytime, network: netspec-a, files: { /a: one } }'
        Get-Action @(Invoke-LightVMReconcile $script:Spec -ErrorAction Stop) | Should -BeExactly 'Update netspec-a Succeeded|Restart netspec-one Succeeded|Delete netspec-b Succeeded'
        @(Invoke-LightVMReconcile $script:Spec) | Should -HaveCount 0
        Set-Spec '[{ name: netspec-a, subnet: 10.212.1.0/24 }]' '  - { name: netspec-one, image: daytime, network: netspec-a, files: { /a: two } }'
        Get-Action @(Invoke-LightVMReconcile $script:Spec -ErrorAction Stop) | Should -BeExactly 'Restart netspec-one Succeeded'
    }

    It 'blocks other addresses while somebody is on it, and takes all away at the end' {
        Set-Spec '[{ name: netspec-a, subnet: 10.212.2.0/24 }]' '  - { name: netspec-one, image: daytime, network: netspec-a, files: { /a: two } }'
        $results = @(Invoke-LightVMReconcile $script:Spec -ErrorAction SilentlyContinue)
        Get-Action $results | Should -BeExactly 'Blocked netspec-a Blocked'
        $results[0].Error.Code | Should -BeExactly 'NetworkInUse'
        Set-Spec '[]' '  []'
        Get-Action @(Invoke-LightVMReconcile $script:Spec -AllowEmpty -ErrorAction Stop) | Should -BeExactly 'Delete netspec-one Succeeded|Delete netspec-a Succeeded'
        Get-LightVMNetwork 'netspec-*' | Should -BeNullOrEmpty
    }

    It 'does what specs/web.yaml shows' {
        $sample = [IO.Path]::GetFullPath("$PSScriptRoot/../../specs/web.yaml")
        try {
            @(Invoke-LightVMReconcile $sample -ErrorAction Stop | Where-Object Status -ne Succeeded) | Should -HaveCount 0
            Wait-LightVM page, 'clock-*' -For Ready -Timeout 120 -ErrorAction Stop
            $port = Open-LightVMPort page 80
            $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $port.LocalPort)
            try {
                $client.ReceiveTimeout = 60000
                $client.GetStream().Write([Text.Encoding]::ASCII.GetBytes("GET / HTTP/1.0`r`n`r`n"))
                [IO.StreamReader]::new($client.GetStream()).ReadToEnd() | Should -Match 'Served by a unikernel'
            } finally {
                $client.Dispose()
            }
            @(Invoke-LightVMReconcile $sample) | Should -HaveCount 0
        } finally {
            Close-LightVMPort page
            [IO.File]::WriteAllText($script:Spec, "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: web }`nguests: []`n")
            $null = Invoke-LightVMReconcile $script:Spec -AllowEmpty
        }
        Get-LightVMNetwork 'web*' | Should -BeNullOrEmpty
    }
}
