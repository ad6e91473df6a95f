# Fleets as their specs say, on a real Xen host. Core cmdlets, the language and .NET only.
BeforeAll {
    Import-Module "$PSScriptRoot/../../LightVM.psd1"
    $null = Start-LightVMLab

    $images = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../out/images")

    # Writes a spec of the fleet and gives its path.
    function Set-Spec([string] $Guests, [string] $Fleet = 'pester-reconcile', [string] $Image = "$images/hello", [string] $File = 'fleet.yaml') {
        $path = [System.IO.Path]::Combine($TestDrive, $File)
        [System.IO.File]::WriteAllText($path, @"
apiVersion: lightvm/v1
kind: Fleet
metadata: { name: $Fleet }
images:
  - { name: hello, path: '$Image' }
guests:
$Guests
"@)
        $path
    }

    function Get-Names($Objects) {
        $names = [System.Collections.Generic.List[string]]::new()
        foreach ($object in $Objects) { $names.Add($object.Name) }
        $names.Sort([System.StringComparer]::Ordinal)
        $names -join ' '
    }

    $web = @"
  - name: pr-web
    image: hello
    replicas: 3
    memory: 4MB
    restartPolicy: always
    labels: { suite: reconcile, tier: front }
"@
}

AfterAll {
    foreach ($fleet in 'pester-reconcile', 'pester-other', 'pester-two') {
        $null = Invoke-LightVMReconcile (Set-Spec '  []' -Fleet $fleet) -AllowEmpty -ErrorAction SilentlyContinue
    }

    Get-LightVM 'pr-*' | Remove-LightVM -Confirm:$false
}

Describe 'Invoke-LightVMReconcile' {
    BeforeEach {
        Get-LightVM 'pr-*' | Remove-LightVM -Confirm:$false
    }

    It 'makes what the spec names, and writes a result for each step' {
        $results = @(Invoke-LightVMReconcile (Set-Spec $web))

        $guests = @($results | Where-Object Kind -eq 'Guest')
        Get-Names $guests | Should -Be 'pr-web-1 pr-web-2 pr-web-3'
        foreach ($result in $guests) {
            $result | Should -BeOfType 'LightVM.ReconcileResult'
            $result.Action | Should -Be 'Create'
            $result.Status | Should -Be 'Succeeded'
            $result.Error | Should -BeNullOrEmpty
            $result.Duration | Should -BeGreaterThan ([timespan]::Zero)
            $result.HostName | Should -Not -BeNullOrEmpty
        }

        $made = @(Get-LightVM 'pr-web-*')
        Get-Names $made | Should -Be 'pr-web-1 pr-web-2 pr-web-3'
        foreach ($guest in $made) {
            $guest.State | Should -Be 'Running'
            $guest.Memory | Should -Be 4MB
            $guest.RestartPolicy | Should -Be 'Always'
            $guest.Labels['tier'] | Should -Be 'front'
            $guest.Fleet | Should -Be 'pester-reconcile'
        }
    }

    It 'has nothing to do the second time' {
        $spec = Set-Spec $web
        $null = Invoke-LightVMReconcile $spec
        $before = @(Get-LightVM 'pr-web-*')

        Invoke-LightVMReconcile $spec | Should -BeNullOrEmpty

        $unchanged = @(Invoke-LightVMReconcile $spec -IncludeUnchanged)
        $unchanged.Count | Should -Be 4
        foreach ($result in $unchanged) { $result.Action | Should -Be 'NoChange' }
        foreach ($guest in $before) {
            $now = Get-LightVM $guest.Name
            $now.Id | Should -Be $guest.Id
            $now.Revision | Should -Be $guest.Revision
            $now.DomainId | Should -Be $guest.DomainId
        }
    }

    It 'changes nothing with -WhatIf' {
        Invoke-LightVMReconcile (Set-Spec $web) -WhatIf | Should -BeNullOrEmpty
        Get-LightVM 'pr-web-*' | Should -BeNullOrEmpty
    }

    It 'changes labels and the restart policy while the guest runs' {
        $null = Invoke-LightVMReconcile (Set-Spec $web)
        $before = Get-LightVM 'pr-web-2'

        $results = @(Invoke-LightVMReconcile (Set-Spec $web.Replace('tier: front', 'tier: back').Replace('always', 'onFailure')))

        $results.Count | Should -Be 3
        foreach ($result in $results) {
            $result.Action | Should -Be 'Update'
            $result.Status | Should -Be 'Succeeded'
            $result.Changes.Count | Should -Be 2
        }

        $after = Get-LightVM 'pr-web-2'
        $after.DomainId | Should -Be $before.DomainId
        $after.Labels['tier'] | Should -Be 'back'
        $after.RestartPolicy | Should -Be 'OnFailure'
    }

    It 'restarts a guest whose memory changes, and keeps its identity' {
        $null = Invoke-LightVMReconcile (Set-Spec $web)
        $before = Get-LightVM 'pr-web-1'

        $results = @(Invoke-LightVMReconcile (Set-Spec $web.Replace('4MB', '8MiB')))

        $result = $results | Where-Object Name -eq 'pr-web-1'
        $result.Action | Should -Be 'Restart'
        $result.Status | Should -Be 'Succeeded'
        $result.Changes[0].Path | Should -Be 'memory'
        $result.Changes[0].From | Should -Be '4MB'
        $result.Changes[0].To | Should -Be '8MB'
        $result.Changes[0].Source | Should -BeLike '*fleet.yaml:10'
        $after = Get-LightVM 'pr-web-1'
        $after.Id | Should -Be $before.Id
        $after.DomainId | Should -Not -Be $before.DomainId
        $after.Memory | Should -Be 8MB
        $after.State | Should -Be 'Running'
    }

    It 'starts a guest that was stopped by hand' {
        $spec = Set-Spec $web
        $null = Invoke-LightVMReconcile $spec
        Stop-LightVM 'pr-web-2'

        $results = @(Invoke-LightVMReconcile $spec)

        $results.Count | Should -Be 1
        $results[0].Name | Should -Be 'pr-web-2'
        $results[0].Action | Should -Be 'Restart'
        $results[0].Reason | Should -Be 'is Stopped'
        (Get-LightVM 'pr-web-2').State | Should -Be 'Running'
    }

    It 'makes a guest anew that was removed by hand' {
        $spec = Set-Spec $web
        $null = Invoke-LightVMReconcile $spec
        Remove-LightVM 'pr-web-2' -Confirm:$false
        $results = @(Invoke-LightVMReconcile $spec)
        $results.Count | Should -Be 1
        $results[0].Action | Should -Be 'Create'
        (Get-LightVM 'pr-web-2').State | Should -Be 'Running'
    }

    It 'deletes what the spec no longer names, and no guest of others' {
        $null = Invoke-LightVMReconcile (Set-Spec $web)
        $theirs = New-LightVM -Name 'pr-web-9' -Image hello -Memory 4MB -Labels @{ suite = 'reconcile'; tier = 'front' }

        $results = @(Invoke-LightVMReconcile (Set-Spec $web.Replace('replicas: 3', 'replicas: 1')))

        Get-Names $results | Should -Be 'pr-web-2 pr-web-3'
        foreach ($result in $results) { $result.Action | Should -Be 'Delete' }
        Get-Names (Get-LightVM 'pr-*') | Should -Be 'pr-web-1 pr-web-9'
        (Get-LightVM 'pr-web-9').Id | Should -Be $theirs.Id
    }

    It 'does not empty a fleet by a spec without guests, unless -AllowEmpty says so' {
        $null = Invoke-LightVMReconcile (Set-Spec $web)
        $empty = Set-Spec '  []'
        { Invoke-LightVMReconcile $empty } | Should -Throw -ErrorId 'SpecEmpty,*'
        Get-Names (Get-LightVM 'pr-*') | Should -Be 'pr-web-1 pr-web-2 pr-web-3'
        Get-Names (Invoke-LightVMReconcile $empty -AllowEmpty) | Should -Be 'pr-web-1 pr-web-2 pr-web-3'
        Get-LightVM 'pr-*' | Should -BeNullOrEmpty
    }

    It 'keeps them with -NoPrune, and deletes them later' {
        $null = Invoke-LightVMReconcile (Set-Spec $web)
        $smaller = Set-Spec $web.Replace('replicas: 3', 'replicas: 2')
        Invoke-LightVMReconcile $smaller -NoPrune | Should -BeNullOrEmpty
        Get-Names (Get-LightVM 'pr-*') | Should -Be 'pr-web-1 pr-web-2 pr-web-3'
        Get-Names (Invoke-LightVMReconcile $smaller) | Should -Be 'pr-web-3'
    }

    It 'is blocked by a guest of others, which it does not touch, and makes the rest' {
        $theirs = New-LightVM -Name 'pr-web-2' -Image hello -Memory 4MB

        $results = @(Invoke-LightVMReconcile (Set-Spec $web) -ErrorAction SilentlyContinue -ErrorVariable problems)

        $blocked = $results | Where-Object Name -eq 'pr-web-2'
        $blocked.Action | Should -Be 'Blocked'
        $blocked.Status | Should -Be 'Blocked'
        $blocked.Error.Code | Should -Be 'GuestExists'
        $problems.Count | Should -Be 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'GuestExists,*'
        $problems[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $now = Get-LightVM 'pr-web-2'
        $now.Id | Should -Be $theirs.Id
        $now.Fleet | Should -BeNullOrEmpty
        (Get-LightVM 'pr-web-3').State | Should -Be 'Running'
    }

    It 'gives a changed image to its guests in place' {
        $null = Invoke-LightVMReconcile (Set-Spec $web)
        $before = Get-LightVM 'pr-web-1'
        $copy = [System.IO.Path]::Combine($TestDrive, 'hello')
        $null = [System.IO.Directory]::CreateDirectory($copy)
        foreach ($file in [System.IO.Directory]::GetFiles("$images/hello")) {
            [System.IO.File]::Copy($file, [System.IO.Path]::Combine($copy, [System.IO.Path]::GetFileName($file)), $true)
        }

        $manifest = [System.IO.Path]::Combine($copy, 'image.json')
        $text = [System.IO.File]::ReadAllText($manifest) -replace '("description":\s*)"[^"]*"', '$1"changed by a test"'
        $text | Should -Match 'changed by a test'
        [System.IO.File]::WriteAllText($manifest, $text)

        $results = @(Invoke-LightVMReconcile (Set-Spec $web -Image 'hello'))

        $results[0].Kind | Should -Be 'Image'
        $results[0].Action | Should -Be 'Update'
        $replaced = @($results | Where-Object Action -eq 'Replace')
        $replaced.Count | Should -Be 3
        foreach ($result in $replaced) { $result.Status | Should -Be 'Succeeded' }
        $after = Get-LightVM 'pr-web-1'
        $after.Id | Should -Be $before.Id
        $after.ImageDigest | Should -Not -Be $before.ImageDigest
        $after.State | Should -Be 'Running'

        # And back again, for the other tests.
        @(Invoke-LightVMReconcile (Set-Spec $web) | Where-Object Action -eq 'Replace').Count | Should -Be 3
    }

    It 'takes an image that is only on the host' {
        $null = Import-LightVMImage "$images/noop"
        $null = Invoke-LightVMReconcile (Set-Spec "  - { name: pr-noop, image: noop, memory: 4MB }")
        (Get-LightVM 'pr-noop').Image | Should -Be 'noop'
    }

    It 'gives each replica what its strings say of it, a disk of its own too' {
        $spec = Set-Spec @'
  - name: pr-own
    image: hello
    replicas: 2
    commandLine: files=1
    labels: { number: '${index}' }
    environment: { HOST: '${name}', HOME: '$${kept}' }
    disks: [{ path: '/var/tmp/pr-${name}.img', size: 1MB }]
'@
        @(Invoke-LightVMReconcile $spec -ErrorAction Stop | Where-Object Status -ne 'Succeeded').Count | Should -Be 0
        Wait-LightVM pr-own-2 -Console 'environment HOST=pr-own-2' -ErrorAction Stop
        Wait-LightVM pr-own-2 -Console 'environment HOME=\$\{kept\}' -ErrorAction Stop
        $guest = Get-LightVM pr-own-2
        $guest.Labels['number'] | Should -Be '2'
        $guest.Disks[0].Path | Should -Be '/var/tmp/pr-pr-own-2.img'
        @(Invoke-LightVMReconcile $spec).Count | Should -Be 0
    }

    It 'makes none of replicas: 0' {
        Invoke-LightVMReconcile (Set-Spec $web.Replace('replicas: 3', 'replicas: 0')) | Where-Object Kind -eq 'Guest' | Should -BeNullOrEmpty
    }

    It 'takes wildcards, several files and paths from the pipeline' {
        $one = Set-Spec '  - { name: pr-one, image: hello }' -File 'many-1.yaml'
        $two = Set-Spec '  - { name: pr-two, image: hello }' -Fleet 'pester-two' -File 'many-2.yaml'
        $null = Invoke-LightVMReconcile "$TestDrive/many-*.yaml"
        Get-Names (Get-LightVM 'pr-*') | Should -Be 'pr-one pr-two'
        @($one, $two | Invoke-LightVMReconcile -IncludeUnchanged | Where-Object Kind -eq 'Guest').Count | Should -Be 2
        Invoke-LightVMReconcile "$TestDrive/none-*.yaml" | Should -BeNullOrEmpty
    }

    It 'tells what it does on the information stream, tagged' {
        $null = Invoke-LightVMReconcile (Set-Spec $web) -InformationVariable told -InformationAction SilentlyContinue
        $told.Count | Should -BeGreaterThan 3
        $told[0].Tags | Should -Contain 'LightVM'
        $told[0].Tags | Should -Contain 'Reconcile'
    }

    It 'refuses a host that is not there' {
        $problem = $null
        try { Invoke-LightVMReconcile (Set-Spec $web) -HostName "unix:$TestDrive/none.sock" } catch { $problem = $_ }
        $problem.FullyQualifiedErrorId | Should -BeLike 'HostUnreachable,*'
        Get-LightVM 'pr-*' | Should -BeNullOrEmpty
    }
}
