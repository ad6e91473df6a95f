# The pipeline's proof, for Pester 5 and newer: applied, the fleet plans to nothing; its services answer; what somebody meddles with is found, and mended.
# The host is the one that LIGHTVM_HOST names, else the lab of this checkout.
BeforeAll {
    Import-Module "$PSScriptRoot/../../../LightVM.psd1"
    if (-not $env:LIGHTVM_HOST) { $null = Start-LightVMLab }
    $spec = "$PSScriptRoot/fleet.yaml"

    # The names of a plan's steps that are to do something.
    function Get-Change {
        $names = foreach ($step in Compare-LightVMSpec $spec) { if ($step.Action -ne 'NoChange') { "$($step.Action) $($step.Name)" } }
        [string]::Join(', ', @($names))
    }

    # What a guest answers to a browser, through a port of this machine.
    function Read-Page([string] $Guest) {
        $port = Open-LightVMPort $Guest 80
        $client = [System.Net.Http.HttpClient]::new()
        try { $client.GetStringAsync("http://127.0.0.1:$($port.LocalPort)/").GetAwaiter().GetResult() }
        finally { $client.Dispose(); $port | Close-LightVMPort }
    }
}

Describe 'The fleet' -Tag Lab {
    BeforeAll { $null = Invoke-LightVMReconcile $spec -ErrorAction Stop }
    AfterAll { Get-LightVM 'page-*' | Remove-LightVM -Confirm:$false }

    It 'is as its spec says' {
        Test-LightVMSpec $spec | Should -BeTrue
        Get-Change | Should -BeNullOrEmpty
        Test-LightVMDrift $spec | Should -BeFalse
    }

    It 'answers' {
        Wait-LightVM 'page-*' -For Ready -Timeout 60
        foreach ($guest in 'page-1', 'page-2') { Read-Page $guest | Should -Match 'A page of the pipeline' }
    }

    It 'is found to have drifted when somebody meddles, and is mended by the next run' {
        Set-LightVM page-1 -Labels @{ tier = 'back' }
        Stop-LightVM page-2
        Test-LightVMDrift $spec -InformationAction Ignore | Should -BeTrue
        Get-Change | Should -BeExactly 'Update page-1, Restart page-2'
        $results = Invoke-LightVMReconcile $spec
        @($results) | Should -HaveCount 2
        foreach ($result in $results) { $result.Status | Should -Be 'Succeeded' }
        Get-Change | Should -BeNullOrEmpty
        (Get-LightVM page-1).Labels['tier'] | Should -BeExactly front
        Wait-LightVM page-2 -For Ready -Timeout 60
        Read-Page page-2 | Should -Match 'A page of the pipeline'
    }

    It 'tells who has applied what' {
        $revisions = @(Get-LightVMRevision pipeline)
        $revisions.Count | Should -BeGreaterThan 1
        $revisions[0].Revision | Should -BeGreaterThan $revisions[1].Revision
        $revisions[0].Failed | Should -Be 0
    }
}
