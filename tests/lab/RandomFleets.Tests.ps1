# Random specs on a real host, with somebody who meddles and a lightvmd that is killed: what a plan shows is what is done, and
# afterwards nothing is left to do. LIGHTVM_RANDOM_FLEETS: how many specs (6); LIGHTVM_RANDOM_SEED: the first one's number (1).
BeforeDiscovery {
    $count = if ($env:LIGHTVM_RANDOM_FLEETS) { [int] $env:LIGHTVM_RANDOM_FLEETS } else { 6 }
    $first = if ($env:LIGHTVM_RANDOM_SEED) { [int] $env:LIGHTVM_RANDOM_SEED } else { 1 }
    $script:Cases = @($first..($first + $count - 1) | ForEach-Object { @{ Seed = $_ } })
}

Describe 'A random fleet' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $images = "$CheckoutRoot/out/images"
        $path = [IO.Path]::Combine($TestDrive, 'random.yaml')

        function Get-Choice([Random] $Random, $From) { $From[$Random.Next($From.Count)] }

        # An entry of guests:, as YAML and as the guests that it stands for.
        function Get-Entry([Random] $Random, [string] $Name) {
            $memory = Get-Choice $Random (4, 6, 8)
            $tier = Get-Choice $Random ('front', 'back', '')
            $policy = Get-Choice $Random ('never', 'onFailure', 'always')
            $replicas = $Random.Next(5)
            $image = Get-Choice $Random ('hello', 'noop')
            $keys = "name: $Name", "image: $image", "memory: $($memory)MB", "restartPolicy: $policy", "replicas: $replicas"
            if ($tier) { $keys += "labels: { tier: $tier }" }
            if ($Random.Next(3) -eq 0) { $keys += "network: $(Get-Choice $Random ('default', 'rf-net'))" } elseif ($Random.Next(2) -eq 0) { $keys += 'adapters: []' }
            [PSCustomObject]@{
                Yaml   = "  - { $($keys -join ', ') }"
                Guests = @(for ($i = 1; $i -le $replicas; $i++) { "$Name-$i $image $memory $tier $policy" })
            }
        }

        function Set-Spec([Random] $Random) {
            $entries = @('rf-a', 'rf-b', 'rf-c' | Where-Object { $Random.Next(4) -gt 0 } | ForEach-Object { Get-Entry $Random $_ })
            [IO.File]::WriteAllText($path, "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: lab-random }`n" +
                "networks:`n  - { name: rf-net, subnet: 10.219.0.0/24, mtu: $(Get-Choice $Random (1500, 1400)) }`n" +
                "images:`n  - { name: hello, path: '$images/hello' }`n  - { name: noop, path: '$images/noop' }`n" +
                "guests:$(if ($entries.Count -eq 0) { ' []' })`n$(@($entries | ForEach-Object Yaml) -join "`n")`n")
            $entries | ForEach-Object Guests
        }

        function Get-Fleet {
            [string[]] $guests = @(Get-LightVM 'rf-*' | Where-Object Fleet -eq 'lab-random' | ForEach-Object {
                    "$($_.Name) $($_.Image) $($_.Memory / 1MB) $($_.Labels['tier']) $("$($_.RestartPolicy)".Substring(0, 1).ToLowerInvariant())$("$($_.RestartPolicy)".Substring(1))"
                })
            [Array]::Sort($guests, [StringComparer]::Ordinal)
            $guests -join "`n"
        }

        # Somebody changes by hand what the fleet has.
        function Invoke-Meddling([Random] $Random) {
            foreach ($guest in @(Get-LightVM 'rf-*' | Where-Object { $_.Fleet -eq 'lab-random' -and $Random.Next(3) -eq 0 })) {
                switch ($Random.Next(4)) {
                    0 { Remove-LightVM $guest.Name -Confirm:$false }
                    1 { Stop-LightVM $guest.Name -TurnOff -Confirm:$false }
                    2 { Set-LightVM $guest.Name -Labels @{ tier = 'meddled' } }
                    3 { Suspend-LightVM $guest.Name -ErrorAction SilentlyContinue }
                }
            }
        }

        function Wait-Daemon { $null = Wait-Until 'lightvmd to serve again' { try { Get-LightVMHost -ErrorAction Stop } catch { $null } } 120 }
        # Results come as they come: sorted.
        function Get-Line($Steps) {
            [string[]] $lines = @($Steps | Where-Object Action -ne NoChange | ForEach-Object { "$($_.Kind) $($_.Name) $($_.Action)" })
            [Array]::Sort($lines, [StringComparer]::Ordinal)
            $lines -join "`n"
        }
    }

    AfterAll {
        Wait-Daemon
        [IO.File]::WriteAllText($path, "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: lab-random }`nguests: []`n")
        $null = Invoke-LightVMReconcile $path -AllowEmpty
    }

    It 'is as its spec says after a run, and a second one does nothing (<Seed>)' -ForEach $Cases {
        $random = [Random]::new($Seed)
        foreach ($round in 1..2) {
            [string[]] $wanted = @(Set-Spec $random)
            if ($random.Next(3) -eq 0) {
                $killer = [Diagnostics.Process]::Start($LabTool, [string[]] @(
                        'exec', '--root', $CheckoutRoot, '--name', $LabName, '--', 'bash', '-c', "sleep 0.$($random.Next(10)); kill -9 `$(pidof lightvmd)"))
                try { $null = Invoke-LightVMReconcile $path -AllowEmpty -ErrorAction SilentlyContinue } catch { $_.FullyQualifiedErrorId | Should -Match '^(HostUnreachable|SpecInvalid|LeaseLost),' }
                $killer.WaitForExit()
                Wait-Daemon
            }
            $shown = Get-Line (Compare-LightVMSpec $path)
            $done = @(Invoke-LightVMReconcile $path -AllowEmpty -ErrorAction Stop)
            Get-Line $done | Should -BeExactly $shown
            @($done | Where-Object Status -ne Succeeded) | Should -HaveCount 0

            Get-Line (Compare-LightVMSpec $path) | Should -BeExactly ''
            Invoke-LightVMReconcile $path -AllowEmpty | Should -BeNullOrEmpty
            [Array]::Sort($wanted, [StringComparer]::Ordinal)
            Get-Fleet | Should -BeExactly ($wanted -join "`n")
            @(Get-LightVM 'rf-*' | Where-Object State -notin 'Running', 'Starting') | Should -HaveCount 0
            @(Get-XenDomain).Count | Should -Be @(Get-LightVM | Where-Object DomainId).Count
            Invoke-Meddling $random
        }
    }
}
