# What only one guest or network may have passes to another by one run, while they run. Core cmdlets, the language and .NET only.
Describe 'What passes from one guest to another' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $script:Images = [IO.Path]::GetFullPath("$PSScriptRoot/../../out/images")
        $script:Spec = [IO.Path]::Combine([IO.Path]::GetTempPath(), "handover-$PID.yaml")

        # One run does all of it, and the next finds nothing to do; what it did, sorted.
        function Set-Fleet([string] $Networks, [string[]] $Guests) {
            [IO.File]::WriteAllText($script:Spec, @"
apiVersion: lightvm/v1
kind: Fleet
metadata: { name: handover }
images:
  - { name: daytime, path: '$script:Images/daytime' }
networks: $Networks
guests:
$([string]::Join("`n", @($Guests | ForEach-Object { "  - { image: daytime, $_ }" })))
"@)
            $results = @(Invoke-LightVMReconcile $script:Spec -ErrorAction Stop | Where-Object Kind -ne Image)
            @(Invoke-LightVMReconcile $script:Spec -ErrorAction Stop) | Should -HaveCount 0
            [string[]] $lines = @($results | ForEach-Object { "$($_.Action) $($_.Name) $($_.Status)" })
            [Array]::Sort($lines, [StringComparer]::Ordinal)
            $lines -join '|'
        }
        Get-LightVM 'handover-*' | Remove-LightVM -Confirm:$false
        Get-LightVMNetwork 'handover-*' | Remove-LightVMNetwork
        $script:Back = '[{ name: handover-back, subnet: 10.213.1.0/24 }]'
    }
    AfterAll {
        [IO.File]::WriteAllText($script:Spec, "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: handover }`nguests: []`n")
        $null = Invoke-LightVMReconcile $script:Spec -AllowEmpty
        [IO.File]::Delete($script:Spec)
    }

    It 'are ports that two guests swap' {
        $null = Set-Fleet $Back "name: handover-a, publish: ['12313:13'], network: handover-back", "name: handover-b, publish: ['12314:13'], network: handover-back"
        $domains = @(Get-LightVM 'handover-*' | ForEach-Object DomainId)
        Set-Fleet $Back "name: handover-a, publish: ['12314:13'], network: handover-back", "name: handover-b, publish: ['12313:13'], network: handover-back" |
            Should -BeExactly 'Update handover-a Succeeded|Update handover-b Succeeded'
        @(Get-LightVM 'handover-*' | ForEach-Object DomainId) | Should -Be $domains
        "$((Get-LightVM handover-a).Publish)" | Should -BeExactly '12314:13'
    }

    It 'are the ports and addresses of guests that swap those too' {
        $null = Set-Fleet $Back "name: handover-a, publish: ['12314:13'], adapters: [{ network: handover-back, address: 10.213.1.5 }]",
            "name: handover-b, publish: ['12313:13'], adapters: [{ network: handover-back, address: 10.213.1.6 }]"
        $null = Set-Fleet $Back "name: handover-a, publish: ['12313:13'], adapters: [{ network: handover-back, address: 10.213.1.6 }]",
            "name: handover-b, publish: ['12314:13'], adapters: [{ network: handover-back, address: 10.213.1.5 }]"
        (Get-LightVM handover-a).Address | Should -BeExactly 10.213.1.6
        Wait-LightVM handover-a -For Ready -Timeout 60 -ErrorAction Stop
    }

    It 'is the subnet of a network that is renamed with guests on it' {
        $domain = (Get-LightVM handover-a).DomainId
        Set-Fleet '[{ name: handover-rear, subnet: 10.213.1.0/24 }]' "name: handover-a, publish: ['12313:13'], adapters: [{ network: handover-rear, address: 10.213.1.6 }]" |
            Should -BeExactly 'Create handover-rear Succeeded|Delete handover-b Succeeded|Delete handover-back Succeeded|Update handover-a Succeeded'
        (Get-LightVM handover-a).DomainId | Should -Be $domain
        Wait-LightVM handover-a -For Ready -Timeout 60 -ErrorAction Stop
        Get-LightVMNetwork 'handover-*' | ForEach-Object Name | Should -BeExactly handover-rear
    }

    It 'is a port of a guest that leaves' {
        Set-Fleet '[]' "name: handover-c, publish: ['12313:13'], network: default" |
            Should -BeExactly 'Create handover-c Succeeded|Delete handover-a Succeeded|Delete handover-rear Succeeded'
    }

    It 'is a port of a group that gets another name' {
        $null = Set-Fleet '[]' "name: handover-web, replicas: 2, publish: ['12313:13'], network: default"
        $null = Set-Fleet '[]' "name: handover-front, replicas: 2, publish: ['12313:13'], network: default"
        Get-LightVM 'handover-*' | ForEach-Object Name | Should -BeExactly handover-front-1, handover-front-2
    }

    It 'more adapters than a running guest has room for come at its start' {
        $one = '{ network: default }'
        $null = Set-Fleet '[]' "name: handover-c, adapters: [$one]"
        $guest = Get-LightVM handover-c
        $guest.FreeDeviceSlots | Should -Be 3
        Set-Fleet '[]' "name: handover-c, adapters: [$one, $one, $one, $one]" | Should -BeExactly 'Update handover-c Succeeded'
        (Get-LightVM handover-c).DomainId | Should -Be $guest.DomainId
        (Get-LightVM handover-c).FreeDeviceSlots | Should -Be 0
        Set-Fleet '[]' "name: handover-c, adapters: [$one, $one, $one, $one, $one]" | Should -BeExactly 'Restart handover-c Succeeded'
        (Get-LightVM handover-c).DomainId | Should -Not -Be $guest.DomainId
        @((Get-LightVM handover-c).Adapters) | Should -HaveCount 5
    }

    It 'a network whose subnet another one keeps is blocked, and so are its guests' {
        New-LightVMNetwork -Name handover-theirs -Subnet 10.213.2.0/24 | Should -Not -BeNullOrEmpty
        try {
            $text = [IO.File]::ReadAllText($script:Spec).Replace('networks: []', 'networks: [{ name: handover-mine, subnet: 10.213.2.128/25 }]') + "`n  - { name: handover-d, image: daytime, network: handover-mine }`n"
            [IO.File]::WriteAllText($script:Spec, $text)
            $plan = @(Compare-LightVMSpec $script:Spec | Where-Object Action -eq Blocked)
            "$($plan.Name)" | Should -BeExactly 'handover-mine handover-d'
            $plan[0].Problem.Detail | Should -Match "network 'handover-theirs' has 10.213.2.0/24"
        } finally {
            Remove-LightVMNetwork handover-theirs
        }
    }
}
