# lightvm-dsc under an engine that plays DSC's protocol by the manifests (tests/dsc), and the class-based resources, on a real Xen host.
# Core cmdlets, the language and .NET only.
BeforeAll {
    Import-Module "$PSScriptRoot/../../LightVM.psd1"
    $root = [System.IO.Path]::GetFullPath("$PSScriptRoot/../..")
    $null = Start-LightVMLab
    $endpoint = (Get-LightVMLab).Endpoint
    $null = Import-LightVMImage "$root/out/images/hello"

    # One operation of the engine: what dsc would print, as a JsonNode. An error for a command that failed; another for a broken protocol.
    function Invoke-Engine([string] $Operation, [string] $Type, [hashtable] $Instance = @{}, [switch] $WhatIf) {
        $text = [System.Text.Json.JsonSerializer]::Serialize(($Instance + @{ host = $endpoint }), [hashtable], [System.Text.Json.JsonSerializerOptions]$null)
        $more = @(if ($WhatIf) { '--what-if' })
        $answer = & "$root/out/dsc-engine/LightVM.DscEngine" "$root/out/dsc/lightvm.dsc.manifests.json" $Operation $Type $text @more
        if ($LASTEXITCODE -ne 0) { throw "$answer" }
        , [System.Text.Json.Nodes.JsonNode]::Parse($answer)
    }

    function Get-Text($Node) { if ($null -ne $Node) { $Node.ToString() } }

    # A list of strings as one, in its own order.
    function Join-Text($Node) { [string]::Join(' ', @(foreach ($item in $Node) { $item.ToString() })) }

    function Remove-All {
        Get-LightVM 'dsc-*' | Remove-LightVM -Confirm:$false
        Get-LightVMNetwork 'dsc-*' | Remove-LightVMNetwork -Confirm:$false
    }
    Remove-All
}
AfterAll { Remove-All }

Describe 'LightVM/Guest' -Tag Lab {
    AfterEach { Remove-All }

    It 'is made once, and a second set changes nothing' {
        $wanted = @{ name = 'dsc-web'; image = 'hello'; memory = '8MB'; labels = @{ tier = 'web' } }
        Get-Text (Invoke-Engine test LightVM/Guest $wanted)['inDesiredState'] | Should -BeExactly false
        $set = Invoke-Engine set LightVM/Guest $wanted
        Get-Text $set['beforeState']['_exist'] | Should -BeExactly false
        Get-Text $set['afterState']['state'] | Should -BeExactly running
        Join-Text $set['changedProperties'] | Should -BeExactly _exist
        $guest = Get-LightVM dsc-web
        $guest.State | Should -Be Running
        $guest.Memory | Should -Be 8MB
        $guest.Labels['tier'] | Should -BeExactly web
        Get-Text (Invoke-Engine test LightVM/Guest $wanted)['inDesiredState'] | Should -BeExactly true
        Join-Text (Invoke-Engine set LightVM/Guest $wanted)['changedProperties'] | Should -BeNullOrEmpty
        (Get-LightVM dsc-web).DomainId | Should -Be $guest.DomainId
    }

    It 'keeps what is not named' {
        $null = New-LightVM dsc-web hello -Memory 8MB -Labels @{ a = '1'; b = '2' }
        $before = Get-LightVM dsc-web
        Join-Text (Invoke-Engine test LightVM/Guest @{ name = 'dsc-web' })['differingProperties'] | Should -BeNullOrEmpty
        $set = Invoke-Engine set LightVM/Guest @{ name = 'dsc-web'; labels = @{ a = '1'; b = '3' } }
        Join-Text $set['changedProperties'] | Should -BeExactly labels
        $after = Get-LightVM dsc-web
        $after.Labels['b'] | Should -BeExactly 3
        $after.Memory | Should -Be 8MB
        $after.DomainId | Should -Be $before.DomainId
    }

    It 'keeps an adapter with a MAC and an address of its own' {
        $null = Import-LightVMImage "$root/out/images/daytime"
        $null = New-LightVM dsc-net daytime -NetworkAdapter 'default,mac=02:11:22:33:44:55'
        $adapter = Get-LightVMNetworkAdapter dsc-net
        Join-Text (Invoke-Engine set LightVM/Guest @{ name = 'dsc-net'; labels = @{ a = 'b' } })['changedProperties'] | Should -BeExactly labels
        $now = Get-LightVMNetworkAdapter dsc-net
        $now.Mac | Should -BeExactly 02:11:22:33:44:55
        $now.Address | Should -BeExactly $adapter.Address
    }

    It 'is restarted for what is taken at its start, and says so before' {
        $null = Invoke-Engine set LightVM/Guest @{ name = 'dsc-web'; image = 'hello' }
        $before = Get-LightVM dsc-web
        $foretold = Invoke-Engine set LightVM/Guest @{ name = 'dsc-web'; memory = '8MB' } -WhatIf
        Join-Text $foretold['afterState']['_metadata']['whatIf'] | Should -Match '^Would restart guest dsc-web on .*: memory: 4MB -> 8MB'
        Get-Text $foretold['afterState']['memory'] | Should -BeExactly 8MB
        (Get-LightVM dsc-web).DomainId | Should -Be $before.DomainId
        Join-Text (Invoke-Engine set LightVM/Guest @{ name = 'dsc-web'; memory = '8MB' })['changedProperties'] | Should -BeExactly memory
        $after = Get-LightVM dsc-web
        $after.Memory | Should -Be 8MB
        $after.DomainId | Should -Not -Be $before.DomainId
    }

    It 'that was stopped is started' {
        $null = Invoke-Engine set LightVM/Guest @{ name = 'dsc-web'; image = 'hello' }
        Stop-LightVM dsc-web
        Join-Text (Invoke-Engine test LightVM/Guest @{ name = 'dsc-web' })['differingProperties'] | Should -BeExactly state
        $null = Invoke-Engine set LightVM/Guest @{ name = 'dsc-web' }
        (Get-LightVM dsc-web).State | Should -Be Running
    }

    It 'goes by _exist as well as by delete, once and again' {
        foreach ($gone in 'set', 'delete') {
            $null = Invoke-Engine set LightVM/Guest @{ name = 'dsc-web'; image = 'hello' }
            $null = Invoke-Engine $gone LightVM/Guest @{ name = 'dsc-web'; _exist = $false } -WhatIf
            Get-LightVM 'dsc-web*' | Should -HaveCount 1
            $null = Invoke-Engine $gone LightVM/Guest @{ name = 'dsc-web'; _exist = $false }
            Get-LightVM 'dsc-web*' | Should -BeNullOrEmpty
            $null = Invoke-Engine $gone LightVM/Guest @{ name = 'dsc-web'; _exist = $false }
        }
        Get-Text (Invoke-Engine get LightVM/Guest @{ name = 'dsc-web' })['actualState']['_exist'] | Should -BeExactly false
    }

    It 'is exported as an instance that is in its desired state' {
        $null = New-LightVM dsc-web hello -Labels @{ text = 'a $ { and a "' }
        $all = Invoke-Engine export LightVM/Guest
        $instance = @{}
        foreach ($resource in $all) {
            if ((Get-Text $resource['name']) -eq 'dsc-web') { foreach ($pair in $resource['properties'].GetEnumerator()) { $instance[$pair.Key] = $pair.Value } }
        }
        Get-Text $instance['image'] | Should -BeExactly hello
        $instance.Remove('host')
        Join-Text (Invoke-Engine test LightVM/Guest $instance)['differingProperties'] | Should -BeNullOrEmpty
    }

    It 'that is Saved is not in its desired state, and is not started anew' {
        $null = New-LightVM dsc-web hello
        Save-LightVM dsc-web
        Join-Text (Invoke-Engine test LightVM/Guest @{ name = 'dsc-web' })['differingProperties'] | Should -BeExactly state
        { Invoke-Engine set LightVM/Guest @{ name = 'dsc-web' } } | Should -Throw '*exit code 1*InvalidState*'
        (Get-LightVM dsc-web).State | Should -Be Saved
    }

    It 'is given secrets that nothing shows' {
        [System.IO.File]::WriteAllText([System.IO.Path]::Combine($TestDrive, 'db'), "open-sesame`n")
        $env:CREDENTIALS_DIRECTORY = "$TestDrive"
        try {
            $wanted = @{ name = 'dsc-web'; image = 'hello'; environment = @{ DB = @{ secretRef = 'db' }; MODE = 'fast' } }
            $foretold = (Invoke-Engine set LightVM/Guest $wanted -WhatIf).ToJsonString()
            $set = (Invoke-Engine set LightVM/Guest $wanted).ToJsonString()
            (Get-LightVM dsc-web).Environment['DB'] | Should -BeExactly open-sesame
            $test = Invoke-Engine test LightVM/Guest $wanted
            Get-Text $test['inDesiredState'] | Should -BeExactly true
            [System.IO.File]::WriteAllText([System.IO.Path]::Combine($TestDrive, 'db'), "another`n")
            $other = Invoke-Engine test LightVM/Guest $wanted
            Join-Text $other['differingProperties'] | Should -BeExactly environment
            foreach ($answer in $foretold, $set, $test.ToJsonString(), $other.ToJsonString()) {
                $answer | Should -Match '"MODE":"fast"'
                $answer | Should -Match '"secretRef":"db"'
                $answer | Should -Not -Match 'open-sesame|another'
            }
        } finally { $env:CREDENTIALS_DIRECTORY = $null }
    }

    It 'of a fleet is not touched' {
        $spec = [System.IO.Path]::Combine($TestDrive, 'other.yaml')
        [System.IO.File]::WriteAllText($spec, "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: dsc-other }`nguests:`n  - { name: dsc-web, image: hello }`n")
        $null = Invoke-LightVMReconcile $spec
        { Invoke-Engine set LightVM/Guest @{ name = 'dsc-web'; memory = '8MB' } } | Should -Throw "*exit code 1*GuestExists*is of fleet 'dsc-other'*"
        { Invoke-Engine delete LightVM/Guest @{ name = 'dsc-web' } } | Should -Throw "*is of fleet 'dsc-other'*"
        (Get-LightVM dsc-web).Memory | Should -Be 4MB
    }

    It 'that is wrong is refused in words of its properties' {
        { Invoke-Engine set LightVM/Guest @{ name = 'dsc-web'; image = 'nope' } } | Should -Throw "*exit code 2*image: image 'nope' is neither*"
        { Invoke-Engine set LightVM/Guest @{ name = 'dsc-web'; image = 'hello'; memory = '5MX' } } | Should -Throw '*exit code 2*memory*5MX*'
        { Invoke-Engine set LightVM/Guest @{ name = 'dsc-web'; memory = '8MB' } } | Should -Throw '*exit code 2*image*'
        Get-LightVM 'dsc-web*' | Should -BeNullOrEmpty
    }
}

Describe 'LightVM/Image' -Tag Lab {
    It 'is imported when it is missing, and removed' {
        Get-LightVMImage noop -ErrorAction Ignore | Remove-LightVMImage -Confirm:$false
        $wanted = @{ name = 'noop'; path = "$root/out/images/noop" }
        Join-Text (Invoke-Engine set LightVM/Image $wanted)['changedProperties'] | Should -BeExactly _exist
        Join-Text (Invoke-Engine set LightVM/Image $wanted)['changedProperties'] | Should -BeNullOrEmpty
        (Get-LightVMImage noop).Kind | Should -BeExactly unikernel
        $null = Invoke-Engine delete LightVM/Image @{ name = 'noop' }
        Get-Text (Invoke-Engine get LightVM/Image @{ name = 'noop' })['actualState']['_exist'] | Should -BeExactly false
        { Invoke-Engine set LightVM/Image @{ name = 'noop' } } | Should -Throw "*has no image 'noop'*"
    }
}

Describe 'LightVM/Network' -Tag Lab {
    AfterEach { Remove-All }

    It 'is made, changed in place, and removed' {
        $null = Invoke-Engine set LightVM/Network @{ name = 'dsc-back'; subnet = '10.87.0.0/24' }
        (Get-LightVMNetwork dsc-back).Subnet | Should -BeExactly 10.87.0.0/24
        Join-Text (Invoke-Engine set LightVM/Network @{ name = 'dsc-back'; nat = $false })['changedProperties'] | Should -BeExactly nat
        $now = Get-LightVMNetwork dsc-back
        $now.Nat | Should -BeFalse
        $now.Subnet | Should -BeExactly 10.87.0.0/24
        Join-Text (Invoke-Engine set LightVM/Network @{ name = 'dsc-back'; nat = $false })['changedProperties'] | Should -BeNullOrEmpty
        $null = Invoke-Engine delete LightVM/Network @{ name = 'dsc-back' }
        Get-LightVMNetwork 'dsc-back*' | Should -BeNullOrEmpty
        { Invoke-Engine set LightVM/Network @{ name = 'dsc-back'; subnet = '10.87.0.0/33' } } | Should -Throw '*exit code 2*subnet*'
    }

    It 'that is nobody''s stays so' {
        $null = New-LightVMNetwork dsc-mine -Subnet 10.88.0.0/24
        $null = Invoke-Engine set LightVM/Network @{ name = 'dsc-mine'; isolated = $true }
        $now = Get-LightVMNetwork dsc-mine
        $now.Isolated | Should -BeTrue
        $now.Fleet | Should -BeNullOrEmpty
    }
}

Describe 'LightVM/Fleet' -Tag Lab {
    AfterEach { Remove-All }
    BeforeAll {
        function New-Fleet([int] $Replicas) {
            @{ name = 'dsc-shop'; spec = @{ apiVersion = 'lightvm/v1'; kind = 'Fleet'; metadata = @{ name = 'dsc-shop' }; guests = @(@{ name = 'dsc-shop'; image = 'hello'; replicas = $Replicas }) } }
        }
    }

    It 'makes all of a spec, prunes what it no longer names, and goes' {
        $foretold = Invoke-Engine set LightVM/Fleet (New-Fleet 3) -WhatIf
        Join-Text $foretold['afterState']['guests'] | Should -BeExactly 'dsc-shop-1 dsc-shop-2 dsc-shop-3'
        Get-LightVM 'dsc-shop*' | Should -BeNullOrEmpty
        Join-Text (Invoke-Engine set LightVM/Fleet (New-Fleet 3))['changedProperties'] | Should -BeExactly spec
        Join-Text (Invoke-Engine set LightVM/Fleet (New-Fleet 3))['changedProperties'] | Should -BeNullOrEmpty
        $null = Invoke-Engine set LightVM/Fleet (New-Fleet 1)
        @(Get-LightVM 'dsc-shop*') | Should -HaveCount 1
        $null = Invoke-Engine delete LightVM/Fleet @{ name = 'dsc-shop' }
        Get-LightVM 'dsc-shop*' | Should -BeNullOrEmpty
        Get-Text (Invoke-Engine get LightVM/Fleet @{ name = 'dsc-shop' })['actualState']['_exist'] | Should -BeExactly false
    }
}

Describe 'The class-based resources' -Tag Lab {
    AfterEach { Remove-All }
    BeforeAll {
        $module = foreach ($nested in (Get-Module LightVM).NestedModules) { if ($nested.Name -eq 'LightVM.Dsc') { $nested } }
        function New-Resource([string] $Class, [hashtable] $Properties) {
            & $module { param($class, $properties) $resource = ($class -as [type])::new(); foreach ($key in $properties.Keys) { $resource.$key = $properties[$key] }; $resource } $Class $Properties
        }
    }

    It 'are those that the manifest names' {
        $data = & { [ScriptBlock]::Create([System.IO.File]::ReadAllText("$root/LightVM.psd1")).InvokeReturnAsIs() }
        [string]::Join(' ', $data.DscResourcesToExport) | Should -BeExactly 'LightVMFleet LightVMGuest'
        foreach ($class in $data.DscResourcesToExport) { New-Resource $class @{ Name = 'dsc-x' } | Should -Not -BeNullOrEmpty }
    }

    It 'make a guest, change it and remove it' {
        $guest = New-Resource LightVMGuest @{ Name = 'dsc-class'; Image = 'hello'; Labels = @{ tier = 'web' } }
        $guest.Test() | Should -BeFalse
        $guest.Set()
        $guest.Test() | Should -BeTrue
        (Get-LightVM dsc-class).Labels['tier'] | Should -BeExactly web
        $found = (New-Resource LightVMGuest @{ Name = 'dsc-class' }).Get()
        $found.State | Should -BeExactly running
        $found.Memory | Should -BeExactly 4MB
        $found.Ensure | Should -BeExactly Present
        $guest.Memory = '8MB'
        $guest.Test() | Should -BeFalse
        $guest.Set()
        (Get-LightVM dsc-class).Memory | Should -Be 8MB
        $guest.Ensure = 'Absent'
        $guest.Set()
        $guest.Test() | Should -BeTrue
        $guest.Get().Ensure | Should -BeExactly Absent
    }

    It 'apply a spec file' {
        $path = [System.IO.Path]::Combine($TestDrive, 'dsc.yaml')
        [System.IO.File]::WriteAllText($path, "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: dsc-file }`nguests:`n  - { name: dsc-file, image: hello, replicas: 2 }`n")
        $fleet = New-Resource LightVMFleet @{ Name = 'dsc-file'; Path = $path }
        $fleet.Test() | Should -BeFalse
        $fleet.Set()
        $fleet.Test() | Should -BeTrue
        [string]::Join(' ', $fleet.Get().Guests) | Should -BeExactly 'dsc-file-1 dsc-file-2'
        $fleet.Ensure = 'Absent'
        $fleet.Set()
        Get-LightVM 'dsc-file*' | Should -BeNullOrEmpty
    }

    It 'say what is wrong' {
        $guest = New-Resource LightVMGuest @{ Name = 'dsc-class'; Image = 'nope' }
        { $guest.Test() } | Should -Throw "*image 'nope' is neither*"
    }
}
