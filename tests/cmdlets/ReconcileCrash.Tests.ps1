# A run that loses its daemon is ended by the next run: nothing twice, nothing forgotten, nothing of others touched.
BeforeAll {
    Import-Module "$PSScriptRoot/../../LightVM.psd1"
    . "$PSScriptRoot/../lab/Dom0.ps1"
    $null = Start-LightVMLab
    $images = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../out/images")

    function Set-Fleet([string] $Guests) {
        $path = [System.IO.Path]::Combine($TestDrive, 'crash.yaml')
        [System.IO.File]::WriteAllText($path, "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: pester-crash }`n" +
            "images:`n  - { name: hello, path: '$images/hello' }`nguests: $Guests`n")
        $path
    }

    function Wait-Daemon { $null = Wait-Until 'lightvmd to serve again' { try { Get-LightVMHost -ErrorAction Stop } catch { $null } } }
}

AfterAll {
    Wait-Daemon
    $null = Invoke-LightVMReconcile (Set-Fleet '[]') -AllowEmpty
    Get-LightVM 'rc-*' | Remove-LightVM -Confirm:$false
}

Describe 'Reconcile while lightvmd is killed' -Tag Lab {
    It 'converges from <Name>' -ForEach @(
        @{ Name = 'a creation'; Before = '[]'; After = '[ { name: rc-a, image: hello, replicas: 40, memory: 4MB } ]'; Count = 40 }
        @{ Name = 'restarts'; Before = '[ { name: rc-a, image: hello, replicas: 20, memory: 4MB } ]'; After = '[ { name: rc-a, image: hello, replicas: 20, memory: 8MB } ]'; Count = 20 }
        @{ Name = 'a deletion with a creation'; Before = '[ { name: rc-a, image: hello, replicas: 30, memory: 4MB } ]'; After = '[ { name: rc-b, image: hello, replicas: 10, memory: 4MB, labels: { a: b } } ]'; Count = 10 }
    ) {
        $theirs = New-LightVM -Name rc-theirs -Image hello -Memory 4MB -Labels @{ a = 'b' }
        foreach ($delay in 100, 300, 700) {
            $null = Invoke-LightVMReconcile (Set-Fleet $Before) -AllowEmpty
            $spec = Set-Fleet $After
            $killer = [System.Diagnostics.Process]::Start($LabTool, [string[]] @(
                    'exec', '--root', $CheckoutRoot, '--name', $LabName, '--', 'bash', '-c', "sleep 0.$delay; kill -9 `$(pidof lightvmd)"))
            try { $null = Invoke-LightVMReconcile $spec -ErrorAction SilentlyContinue } catch { $_.FullyQualifiedErrorId | Should -BeLike 'HostUnreachable,*' }
            $killer.WaitForExit()
            Wait-Daemon

            $null = Invoke-LightVMReconcile $spec
            Invoke-LightVMReconcile $spec | Should -BeNullOrEmpty
            $guests = @(Get-LightVM 'rc-*' | Where-Object Fleet -eq 'pester-crash')
            $guests.Count | Should -Be $Count
            foreach ($guest in $guests) { $guest.State | Should -Be 'Running' }
            $now = Get-LightVM rc-theirs
            $now.Id | Should -Be $theirs.Id
            $now.State | Should -Be 'Running'
            @(Get-XenDomain).Count | Should -Be @(Get-LightVM | Where-Object DomainId).Count
        }

        Remove-LightVM rc-theirs -Confirm:$false
    }
}
