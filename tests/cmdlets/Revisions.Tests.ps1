# The history of a fleet, the way back, and runs that must not overlap, on a real Xen host. Core cmdlets, the language and .NET only.
BeforeAll {
    Import-Module "$PSScriptRoot/../../LightVM.psd1"
    . "$PSScriptRoot/../lab/Dom0.ps1"
    $lab = Start-LightVMLab
    $images = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../out/images")
    $page = [System.IO.Path]::Combine($TestDrive, 'page.txt')
    $own = [System.IO.Path]::Combine($TestDrive, 'own')

    # An image that the test changes: hello, or noop.
    function Set-Image([string] $Of) {
        $null = [System.IO.Directory]::CreateDirectory($own)
        $manifest = [System.IO.File]::ReadAllText("$images/$Of/image.json") -replace '"name":\s*"[^"]*"', '"name": "pv-own"'
        [System.IO.File]::WriteAllText("$own/image.json", $manifest)
        foreach ($file in [System.IO.Directory]::GetFiles("$images/$Of")) {
            if (-not $file.EndsWith('image.json')) { [System.IO.File]::Copy($file, "$own/$([System.IO.Path]::GetFileName($file))", $true) }
        }
    }

    function Set-Spec([string] $Guests, [string] $File = 'revisions.yaml') {
        $path = [System.IO.Path]::Combine($TestDrive, $File)
        [System.IO.File]::WriteAllText($path, "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: pester-revisions }`n" +
            "images:`n  - { name: pv-own, path: '$own' }`nguests: $Guests`n")
        $path
    }

    function Get-Problem([scriptblock] $Command) {
        try { $null = & $Command } catch { return $_ }
    }

    function Get-Newest { @(Get-LightVMRevision pester-revisions)[0] }

    $slow = 'update: { maxUnavailable: 1, minHealthySeconds: 4 }, replicas: 4'

    # A run of its own process that takes some 20 s: each of four guests has to stay ready before the next.
    function Start-SlowRun([string] $Word) {
        $spec = Set-Spec "[ { name: pv-slow, image: pv-own, memory: 4MB, $slow, arguments: [$Word] } ]" 'slow.yaml'
        $command = "Invoke-LightVMReconcile '$spec' -HostName '$((Get-LightVMHost).Endpoint)' -DetailedExitCode"
        $start = { [System.Diagnostics.Process]::Start([System.Diagnostics.ProcessStartInfo]::new("$CheckoutRoot/out/shell/lightvm", [string[]] @('-c', $command))) }
        $run = @{ Process = & $start }
        $null = Wait-Until 'the other run to be at it' -Seconds 180 {
            # A run before it may have lost lightvmd before it could give its lease up.
            if ($run.Process.HasExited) { $run.Process = & $start }
            "$((Get-LightVM pv-slow-1 -ErrorAction SilentlyContinue).Arguments)" -eq $Word
        }
        $run.Process
    }

    Set-Image hello
}

AfterAll {
    $null = Wait-Until 'the fleet to be free' { try { $null = Invoke-LightVMReconcile (Set-Spec '[]') -AllowEmpty -ErrorAction Stop; $true } catch { $false } }
    Remove-LightVMImage pv-own -ErrorAction SilentlyContinue
}

Describe 'Get-LightVMRevision and Undo-LightVMReconcile' -Tag Lab {
    BeforeAll {
        [System.IO.File]::WriteAllText($page, 'first')
        $first = "[ { name: pv-web, image: pv-own, memory: 4MB, replicas: 2, restartPolicy: always, files: { /page: { path: '$page' } } } ]"
        $null = Invoke-LightVMReconcile (Set-Spec '[]') -AllowEmpty
        $null = Invoke-LightVMReconcile (Set-Spec $first)
        $one = Get-Newest
        $digests = @(Get-LightVM 'pv-web-*' | ForEach-Object { "$($_.ImageDigest) $($_.FilesDigest)" })
        Set-Image noop
        [System.IO.File]::WriteAllText($page, 'second')
        $null = Invoke-LightVMReconcile (Set-Spec ($first -replace 'replicas: 2', 'replicas: 3'))
        $two = Get-Newest
    }

    It 'tells who has applied what, when, and what became of it' {
        $two.Revision | Should -Be ($one.Revision + 1)
        $one.Fleet | Should -Be 'pester-revisions'
        $one.Actor | Should -BeLike 'uid:*'
        $one.HostName | Should -Be (Get-LightVMHost).HostName
        $one.IsComplete | Should -BeTrue
        $one.Succeeded | Should -BeGreaterThan 1
        $one.SpecDigest | Should -Not -Be $two.SpecDigest
        $one.Duration.TotalMilliseconds | Should -BeGreaterThan 0
        $one.Spec | Should -BeNullOrEmpty
        (Get-LightVMRevision pester-revisions -Revision $one.Revision).Spec.Text | Should -BeLike '*replicas: 2*'
        (Get-Problem { Get-LightVMRevision pester-revisions -Revision 9999 -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'RevisionNotFound*'
        (Get-Problem { Get-LightVMRevision pester-nothing -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'FleetNotFound*'
    }

    It 'shows the way back and does nothing, with -WhatIf' {
        Undo-LightVMReconcile pester-revisions -WhatIf | Should -BeNullOrEmpty
        @(Get-LightVM 'pv-web-*').Count | Should -Be 3
        (Get-Newest).Revision | Should -Be $two.Revision
    }

    It 'goes back to guests, files and image of then, over a restart of lightvmd, though neither file nor image directory is as it was' {
        $null = Invoke-Dom0Script 'kill -9 $(systemctl show -p MainPID --value lightvmd)'
        $null = Wait-Until 'lightvmd to serve again' -Seconds 180 { try { Get-LightVMHost -ErrorAction Stop } catch { $null } }
        $results = @(Undo-LightVMReconcile pester-revisions -ErrorAction Stop)
        @($results | Where-Object Status -ne 'Succeeded').Count | Should -Be 0
        @(Get-LightVM 'pv-web-*' | ForEach-Object { "$($_.ImageDigest) $($_.FilesDigest)" }) | Should -Be $digests
        @(Get-LightVM 'pv-web-*' | Where-Object State -eq 'Running').Count | Should -Be 2
        $now = Get-Newest
        $now.RollbackOf | Should -Be $one.Revision
        $now.SpecDigest | Should -Be $one.SpecDigest
        Test-LightVMDrift (Set-Spec ($first -replace 'replicas: 2', 'replicas: 3')) | Should -BeTrue
    }

    It 'goes to the revision of that number, also over the pipeline' {
        $null = Get-LightVMRevision pester-revisions -Revision $two.Revision | Undo-LightVMReconcile -ErrorAction Stop
        @(Get-LightVM 'pv-web-*').Count | Should -Be 3
        (Get-Newest).RollbackOf | Should -Be $two.Revision
        Undo-LightVMReconcile pester-revisions -Revision $two.Revision | Should -BeNullOrEmpty
        (Get-Problem { Undo-LightVMReconcile pester-revisions -Revision 9999 }).FullyQualifiedErrorId | Should -BeLike 'RevisionNotFound*'
    }
}

Describe 'Two runs of one fleet' -Tag Lab {
    BeforeAll {
        Set-Image hello
        $null = Invoke-LightVMReconcile (Set-Spec "[ { name: pv-slow, image: pv-own, memory: 4MB, $slow } ]") -ErrorAction Stop
    }

    It 'never overlap: the second is told who is at it, and does nothing' {
        $process = Start-SlowRun a
        $problem = Get-Problem { Invoke-LightVMReconcile (Set-Spec '[ { name: pv-one, image: pv-own, memory: 4MB } ]') }
        $problem.Exception.Message | Should -BeLike "*another run (*lightvm* $($process.Id) on *uid:*) since *UTC*"
        $problem.CategoryInfo.Category | Should -Be 'ResourceBusy'
        $process.WaitForExit()
        $process.ExitCode | Should -Be 2
        @(Get-LightVM 'pv-*' | ForEach-Object { "$($_.Name) $($_.Arguments)" }) -join ', ' | Should -Be 'pv-slow-1 a, pv-slow-2 a, pv-slow-3 a, pv-slow-4 a'
    }

    It 'do not overlap where lightvmd is killed meanwhile' {
        $process = Start-SlowRun b

        # It stands still, so that the lease is there by the daemon's memory alone.
        & /bin/kill -STOP $process.Id
        try {
            $null = Invoke-Dom0Script 'kill -9 $(systemctl show -p MainPID --value lightvmd)'
            $null = Wait-Until 'lightvmd to serve again' -Seconds 180 { try { Get-LightVMHost -ErrorAction Stop } catch { $null } }
            (Get-Problem { Invoke-LightVMReconcile (Set-Spec '[ { name: pv-one, image: pv-own, memory: 4MB } ]') }).FullyQualifiedErrorId | Should -BeLike 'FleetLocked*'
        }
        finally {
            $process.Kill()
            $process.WaitForExit()
        }
        Get-LightVM 'pv-one*' | Should -BeNullOrEmpty
    }

    It 'follow each other when the first was killed and its lease has ended' {
        $process = Start-SlowRun c
        $process.Kill()
        $process.WaitForExit()
        $spec = Set-Spec "[ { name: pv-slow, image: pv-own, memory: 4MB, replicas: 4, arguments: [d] } ]"
        $null = Wait-Until 'the lease to end' { -not (Get-Problem { Invoke-LightVMReconcile $spec -ErrorAction Stop }) }
        Invoke-LightVMReconcile $spec | Should -BeNullOrEmpty
        @(Get-LightVM 'pv-slow-*' | Where-Object { "$($_.Arguments)" -eq 'd' }).Count | Should -Be 4
    }
}

Describe 'Invoke-LightVMReconcile -DetailedExitCode' -Tag Lab {
    BeforeAll {
        Set-Image hello
        $null = Invoke-LightVMReconcile (Set-Spec '[]') -AllowEmpty -ErrorAction Stop
        function Get-Exit([string] $Guests, [string] $More = '', [string] $After = '') {
            $command = "Invoke-LightVMReconcile '$(Set-Spec $Guests)' -HostName '$((Get-LightVMHost).Endpoint)' -DetailedExitCode $More; $After"
            $null = & "$CheckoutRoot/out/shell/lightvm" -c $command 2>$null
            $LASTEXITCODE
        }
    }

    It 'ends lightvm with 2 for changes, 0 for none, 1 for a failure' {
        $guest = '[ { name: pv-code, image: pv-own, memory: 4MB } ]'
        Get-Exit $guest '-WhatIf' | Should -Be 2
        Get-Exit $guest | Should -Be 2
        Get-Exit $guest | Should -Be 0
        Get-Exit $guest '-WhatIf' | Should -Be 0
        Get-Exit '[ { name: pv-code, image: pv-own, memory: 900GB } ]' | Should -Be 1
        Get-Exit '[ { nme: pv-code } ]' | Should -Be 1
        Get-Exit $guest '' 'exit 7' | Should -Be 7
    }

    It 'sets $LASTEXITCODE in any host, and nothing where it is not asked' {
        $global:LASTEXITCODE = 9
        $null = Invoke-LightVMReconcile (Set-Spec '[]') -AllowEmpty
        $LASTEXITCODE | Should -Be 9
        $null = Invoke-LightVMReconcile (Set-Spec '[ { name: pv-code, image: pv-own, memory: 4MB } ]') -DetailedExitCode
        $LASTEXITCODE | Should -Be 2
        $null = Invoke-LightVMReconcile (Set-Spec '[ { name: pv-code, image: pv-own, memory: 4MB } ]') -DetailedExitCode
        $LASTEXITCODE | Should -Be 0
    }
}
