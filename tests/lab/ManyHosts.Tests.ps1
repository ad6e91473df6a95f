# A fleet on two real Xen hosts, of which one is lost, comes back, and leaves. Boots a second lab.
Describe 'A fleet on two hosts' -Tag Lab, Boot {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $second = Start-LightVMLab -Name second -Memory 2GB
        $first = Start-LightVMLab
        $one, $two = $first.Name, $second.Name
        $images = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../out/images")

        function Invoke-Second([string] $Script) { & $LabTool exec --root $CheckoutRoot --name second -- bash -c $Script }

        # The fleet on both hosts, or on the first alone.
        function Set-Fleet([string] $Guests, [switch] $OnFirst) {
            $path = [System.IO.Path]::Combine($TestDrive, 'many.yaml')
            $hosts = "  - { name: alpha, address: '$($first.Endpoint)', labels: { disk: ssd } }`n"
            if (-not $OnFirst) { $hosts += "  - { name: beta, address: '$($second.Endpoint)' }`n" }
            [System.IO.File]::WriteAllText($path, "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: lab-many }`nhosts:`n$($hosts)" +
                "images:`n  - { name: hello, path: '$images/hello' }`nguests: $Guests`n")
            $path
        }

        # Each guest and its host, sorted.
        function Get-Where {
            [string[]] $where = @(foreach ($guest in Get-LightVM 'many-*' -HostName $one, $two) { "$($guest.Name) $(if ($guest.HostName -eq $one) { 'alpha' } else { 'beta' })" })
            [System.Array]::Sort($where, [System.StringComparer]::Ordinal)
            $where
        }
        function Get-Bad($Results) { @($Results | Where-Object Status -ne 'Succeeded' | ForEach-Object { "$($_.Kind) $($_.Name) $($_.HostName) $($_.Status) $($_.Error.Code)" }) }
    }
    AfterAll {
        $null = Invoke-Second 'systemctl start lightvmd'
        Get-LightVM 'many-*' -HostName $one, $two | Remove-LightVM -Confirm:$false
        Remove-LightVMImage hello -HostName $two -ErrorAction SilentlyContinue
        Stop-LightVMLab -Name second
        $null = Start-LightVMLab
    }

    It 'is spread by one run, and the next one has nothing to do' {
        $spec = Set-Fleet '[ { name: many-web, image: hello, replicas: 4, memory: 4MB }, { name: many-db, image: hello, memory: 4MB, placement: { hostLabels: { disk: ssd } } } ]'
        $results = @(Invoke-LightVMReconcile $spec -ErrorAction Stop)
        Get-Bad $results | Should -BeNullOrEmpty
        (Get-Where) -join ', ' | Should -Be 'many-db alpha, many-web-1 alpha, many-web-2 beta, many-web-3 alpha, many-web-4 beta'
        @(Get-LightVM 'many-*' -HostName $one, $two | Where-Object State -eq 'Running').Count | Should -Be 5
        Invoke-LightVMReconcile $spec | Should -BeNullOrEmpty
        Test-LightVMDrift $spec | Should -BeFalse
        $revisions = @(Get-LightVMRevision lab-many -HostName $one, $two)
        ($revisions | ForEach-Object Revision) -join ' ' | Should -Be '1 1'
        { Invoke-LightVMReconcile $spec -HostName $one } | Should -Throw -ErrorId 'InvalidArgument*'
    }

    It 'goes on where one host is lost, whose steps are blocked, and makes nothing twice' {
        $null = Invoke-Second 'systemctl stop lightvmd'
        $spec = Set-Fleet '[ { name: many-web, image: hello, replicas: 6, memory: 4MB }, { name: many-db, image: hello, memory: 4MB, placement: { hostLabels: { disk: ssd } } } ]'
        $problems = $null
        $results = @(Invoke-LightVMReconcile $spec -ErrorAction SilentlyContinue -ErrorVariable problems)
        (Get-Bad $results) -join ', ' | Should -Be 'Host beta beta Blocked HostUnreachable, Guest many-web-2 beta Blocked HostUnreachable, Guest many-web-4 beta Blocked HostUnreachable'
        $problems.Count | Should -Be 3
        ($results | Where-Object Status -eq 'Succeeded' | ForEach-Object Name) -join ' ' | Should -Be 'many-web-5 many-web-6'
        $null = Invoke-Second 'systemctl start lightvmd'
        $null = Wait-Until 'the second lightvmd to serve again' { try { Get-LightVMHost -HostName $two -ErrorAction Stop } catch { $null } }
        $null = Invoke-LightVMReconcile $spec -ErrorAction Stop
        (Get-Where) -join ', ' | Should -Be 'many-db alpha, many-web-1 alpha, many-web-2 beta, many-web-3 alpha, many-web-4 beta, many-web-5 alpha, many-web-6 alpha'
        Test-LightVMDrift $spec | Should -BeFalse
    }

    It 'has a guest made where it is placed now, before it goes from where it was' {
        $spec = Set-Fleet '[ { name: many-web, image: hello, replicas: 2, memory: 4MB }, { name: many-db, image: hello, memory: 4MB, placement: { host: beta } } ]'
        $results = @(Invoke-LightVMReconcile $spec -ErrorAction Stop)
        Get-Bad $results | Should -BeNullOrEmpty
        ($results | Where-Object Name -eq 'many-db' | ForEach-Object { "$($_.Action) $($_.HostName)" }) -join ', ' | Should -Be 'Create beta, Delete alpha'
        (Get-Where) -join ', ' | Should -Be 'many-db beta, many-web-1 alpha, many-web-2 beta'
    }

    It 'prunes a host that left it' {
        $spec = Set-Fleet '[ { name: many-web, image: hello, replicas: 2, memory: 4MB } ]' -OnFirst
        $results = @(Invoke-LightVMReconcile $spec -ErrorAction Stop)
        Get-Bad $results | Should -BeNullOrEmpty
        (Get-Where) -join ', ' | Should -Be 'many-web-1 alpha, many-web-2 alpha'
        Get-LightVMRevision lab-many -HostName $two -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        Invoke-LightVMReconcile $spec | Should -BeNullOrEmpty
    }

    It 'goes back to both hosts' {
        $null = Undo-LightVMReconcile lab-many -Revision 1 -HostName $one -ErrorAction Stop
        @(Get-Where).Count | Should -Be 5
        @(Get-Where | Where-Object { $_ -like '* beta' }).Count | Should -BeGreaterThan 0
        $null = Invoke-LightVMReconcile (Set-Fleet '[]') -AllowEmpty -ErrorAction Stop
        Get-Where | Should -BeNullOrEmpty
    }
}
