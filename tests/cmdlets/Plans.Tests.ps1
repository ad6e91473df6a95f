# Plans that are looked at before they are applied, and drift, on a real Xen host. Core cmdlets, the language and .NET only.
BeforeAll {
    Import-Module "$PSScriptRoot/../../LightVM.psd1"
    $null = Start-LightVMLab

    $images = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../out/images")

    function Set-Spec([string] $Guests) {
        $path = [System.IO.Path]::Combine($TestDrive, 'plans.yaml')
        [System.IO.File]::WriteAllText($path, @"
apiVersion: lightvm/v1
kind: Fleet
metadata: { name: pester-plans }
images:
  - { name: hello, path: '$images/hello' }
guests: $Guests
"@)
        $path
    }

    # The error that ends a command.
    function Get-Problem([scriptblock] $Command) {
        try { $null = & $Command } catch { return $_ }
    }

    # Results come in the order in which things get done.
    function Join-Sorted([string[]] $Texts) {
        [System.Array]::Sort($Texts, [System.StringComparer]::Ordinal)
        $Texts -join ', '
    }

    $two = '[{ name: pp-web, image: hello, replicas: 2, memory: 4MB, restartPolicy: always }]'
    $three = '[{ name: pp-web, image: hello, replicas: 3, memory: 4MB, restartPolicy: always, labels: { tier: front } }]'
    $file = [System.IO.Path]::Combine($TestDrive, 'plan.json')
}

AfterAll {
    $null = Invoke-LightVMReconcile (Set-Spec '[]') -AllowEmpty
}

Describe 'Compare-LightVMSpec' {
    BeforeAll {
        $spec = Set-Spec $two
        $null = Invoke-LightVMReconcile $spec
        Stop-LightVM 'pp-web-2'
        $spec = Set-Spec $three
        $steps = @(Compare-LightVMSpec $spec)
    }

    It 'writes a step for each resource, NoChange included, and changes nothing' {
        $seen = foreach ($step in $steps) { "$($step.Kind) $($step.Name) $($step.Action)" }
        $seen -join ', ' | Should -Be 'Image hello NoChange, Guest pp-web-1 Update, Guest pp-web-2 Restart, Guest pp-web-3 Create'
        (Get-LightVM 'pp-web-2').State | Should -Be 'Stopped'
        Get-LightVM 'pp-web-3*' | Should -BeNullOrEmpty
    }

    It 'says what changes, from what, to what, at which cost, and where the spec says so' {
        $change = $steps[1].Changes[0]
        "$($change.Path) $($change.From) $($change.To) $($change.Effect)" | Should -Be 'labels.tier  front Live'
        $change.Source | Should -BeLike '*plans.yaml:6'
        $steps[2].Reason | Should -Be 'is Stopped'
        $steps[3].HostName | Should -Be (Get-LightVMHost).HostName
    }

    It 'gives all steps one plan' {
        foreach ($step in $steps) { [object]::ReferenceEquals($step.Plan, $steps[0].Plan) | Should -BeTrue }
        $steps[0].Plan.HasChanges | Should -BeTrue
        $steps[0].Plan.SpecDigest | Should -BeLike 'sha256:*'
        $steps[0].Plan.SpecPath | Should -Be $spec
    }

    It 'saves a plan as a file' {
        $null = Compare-LightVMSpec $spec -OutFile $file
        $document = [System.Text.Json.JsonDocument]::Parse([System.IO.File]::ReadAllText($file))
        $document.RootElement.GetProperty('fingerprint').GetString() | Should -Be $steps[0].Plan.Fingerprint
        $document.RootElement.GetProperty('steps').GetArrayLength() | Should -Be 4
    }
}

Describe 'Invoke-LightVMReconcile -Plan' {
    BeforeEach {
        $null = Invoke-LightVMReconcile (Set-Spec $two)
        $spec = Set-Spec $three
    }

    It 'refuses some of the steps alone' {
        $changes = @(Compare-LightVMSpec $spec | Where-Object Action -ne 'NoChange')
        (Get-Problem { $changes | Invoke-LightVMReconcile }).FullyQualifiedErrorId | Should -BeLike 'PlanIncomplete*'
        (Get-Problem { Invoke-LightVMReconcile -Plan $changes }).FullyQualifiedErrorId | Should -BeLike 'PlanIncomplete*'
        Get-LightVM 'pp-web-3*' | Should -BeNullOrEmpty
    }

    It 'refuses a plan that the host has moved away from, and does nothing' {
        $null = Compare-LightVMSpec $spec -OutFile $file
        Stop-LightVM 'pp-web-1'
        $problem = Get-Problem { Invoke-LightVMReconcile -Plan $file }
        $problem.FullyQualifiedErrorId | Should -BeLike 'PlanStale*'
        $problem.Exception.Message | Should -BeLike '*Restart guest pp-web-1*'
        (Get-LightVM 'pp-web-1').State | Should -Be 'Stopped'
        Get-LightVM 'pp-web-3*' | Should -BeNullOrEmpty
    }

    It 'refuses a plan whose spec has changed' {
        $plan = @(Compare-LightVMSpec $spec)[0].Plan
        $null = Set-Spec $two
        $problem = Get-Problem { Invoke-LightVMReconcile -Plan $plan }
        $problem.FullyQualifiedErrorId | Should -BeLike 'PlanStale*'
        $problem.Exception.Message | Should -BeLike '*plans.yaml has changed*'
    }

    It 'takes no configuration of ssh from a file: it could name programs to run' {
        $null = Compare-LightVMSpec $spec -OutFile $file
        [System.IO.File]::WriteAllText($file, ([System.IO.File]::ReadAllText($file) -replace '"hostName": "[^"]*",\s*"noPrune"', '"hostName": "ssh://elsewhere?config=/tmp/x", "noPrune"'))
        [System.IO.File]::ReadAllText($file) | Should -BeLike '*elsewhere*'
        $problem = Get-Problem { Invoke-LightVMReconcile -Plan $file }
        $problem.FullyQualifiedErrorId | Should -BeLike 'HostUnreachable*'
        $problem.Exception.Message | Should -BeLike '*not taken from others*'
    }

    It 'does what the file says, once' {
        $steps = @(Compare-LightVMSpec $spec -OutFile $file)
        $planned = foreach ($step in $steps) { if ($step.Action -ne 'NoChange') { "$($step.Action) $($step.Name)" } }
        $done = foreach ($result in Invoke-LightVMReconcile -Plan $file) { "$($result.Action) $($result.Name)" }
        Join-Sorted $done | Should -Be (Join-Sorted $planned)
        (Get-LightVM 'pp-web-3').State | Should -Be 'Running'
        (Get-Problem { Invoke-LightVMReconcile -Plan $file }).FullyQualifiedErrorId | Should -BeLike 'PlanStale*'
    }

    It 'takes all steps over the pipeline' {
        $results = @(Compare-LightVMSpec $spec | Invoke-LightVMReconcile)
        $results.Count | Should -Be 3
        Test-LightVMDrift $spec | Should -BeFalse
    }
}

Describe 'Export-LightVMSpec' {
    AfterAll {
        Get-LightVM 'pp-hand*' | Remove-LightVM -Confirm:$false
    }

    It 'writes a fleet as a spec from which nothing drifts' {
        $null = Invoke-LightVMReconcile (Set-Spec $three)
        $export = [System.IO.Path]::Combine($TestDrive, 'export.yaml')
        Export-LightVMSpec pester-plans -OutFile $export | Should -BeNullOrEmpty
        Export-LightVMSpec pester-plans | Should -Be ([System.IO.File]::ReadAllText($export))
        [System.IO.File]::ReadAllText($export) | Should -BeLike '*name: pp-web*replicas: 3*'
        Test-LightVMDrift $export | Should -BeFalse
    }

    It 'makes a fleet of guests that were made by hand' {
        $made = New-LightVM pp-hand hello -Memory 4MB
        $export = [System.IO.Path]::Combine($TestDrive, 'hand.yaml')
        Export-LightVMSpec pester-hand -Guest 'pp-hand*' -OutFile $export
        $results = @(Invoke-LightVMReconcile $export)
        $results.Count | Should -Be 1
        $results[0].Action | Should -Be 'Update'
        $now = Get-LightVM pp-hand
        $now.Fleet | Should -Be 'pester-hand'
        $now.DomainId | Should -Be $made.DomainId
        Invoke-LightVMReconcile $export | Should -BeNullOrEmpty
    }

    It 'says that there is no such fleet' {
        (Get-Problem { Export-LightVMSpec pester-none }).FullyQualifiedErrorId | Should -BeLike 'FleetNotFound*'
    }
}

Describe 'Test-LightVMDrift' {
    BeforeAll {
        $spec = Set-Spec $two
        $null = Invoke-LightVMReconcile $spec
    }

    It 'is $false, and tells of no difference, where all is as the spec says' {
        $answer = @(Test-LightVMDrift $spec -InformationVariable told)
        $answer.Count | Should -Be 1
        $answer[0] | Should -BeOfType 'bool'
        $answer[0] | Should -BeFalse
        $told.Count | Should -Be 0
    }

    It 'is $true, and tells of each difference, after someone has meddled' {
        Stop-LightVM 'pp-web-1'
        Set-LightVM 'pp-web-2' -RestartPolicy Never
        $answer = @(Test-LightVMDrift $spec -InformationVariable told)
        $answer.Count | Should -Be 1
        $answer[0] | Should -BeTrue
        $told.Count | Should -Be 2
        $told[0].MessageData | Should -BeOfType 'LightVM.PlanStep'
        "$($told[0])" | Should -BeLike 'Restart guest pp-web-1*'
        (Get-LightVM 'pp-web-1').State | Should -Be 'Stopped'
    }

    It 'is an error, not $false, where a host cannot be looked at' {
        $answer = $null
        try { $answer = Test-LightVMDrift $spec -HostName 'unix:/nowhere.sock' } catch { $problem = $_ }
        $answer | Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId | Should -BeLike 'HostUnreachable*'
    }
}
