Describe 'Get-LightVMEvent' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'event-*' | Remove-LightVM -Confirm:$false
    }
    AfterAll { Get-LightVM 'event-*' | Remove-LightVM -Confirm:$false }

    It 'tells the life of a guest, in order' {
        $guest = New-LightVM event-a hello
        Stop-LightVM event-a
        Remove-LightVM event-a -Confirm:$false
        $events = @(Get-LightVMEvent -Name event-a | Where-Object Id -eq $guest.Id)
        $kinds = @($events | ForEach-Object Kind)
        $kinds | Should -Contain 'GuestCreated'
        $kinds | Should -Contain 'GuestStarted'
        $kinds | Should -Contain 'GuestStopped'
        $kinds[-1] | Should -BeExactly 'GuestRemoved'
        $events[0].GetType().FullName | Should -BeExactly 'LightVM.Event'
        $events[0].HostName | Should -Be $guest.HostName
        $events[0].Actor | Should -Match '^uid:\d+'
        $events[-1].Sequence | Should -BeGreaterThan $events[0].Sequence
    }

    It 'has told of an end when Stop-LightVM returns' {
        $late = @(foreach ($try in 1..20) {
            $guest = New-LightVM "event-end-$try" hello
            Stop-LightVM $guest.Name
            $told = @(Get-LightVMEvent -Name $guest.Name -Kind GuestStopped | Where-Object Id -eq $guest.Id)
            if ($told.Count -ne 1) { $guest.Name }
            Remove-LightVM $guest.Name -Confirm:$false
        })
        $late | Should -BeNullOrEmpty
    }

    It 'begins after a number, and filters by kind and name' {
        $last = @(Get-LightVMEvent)[-1].Sequence
        $null = New-LightVM event-b noop
        $null = New-LightVM event-c noop
        $events = @(Get-LightVMEvent -After $last -Kind 'GuestC*' -Name 'event-*')
        ($events | ForEach-Object { "$($_.Kind) $($_.Name)" }) -join '|' | Should -BeExactly 'GuestCreated event-b|GuestCreated event-c'
    }

    It 'begins with the last of them' {
        foreach ($n in 1..3) { $null = New-LightVM "event-last-$n" noop }
        $names = @(Get-LightVMEvent -Tail 2 -Kind GuestCreated -Name 'event-last-*' | ForEach-Object Name)
        $names -join ' ' | Should -BeExactly 'event-last-2 event-last-3'
        @(Get-LightVMEvent -Tail 0 -Kind GuestCreated) | Should -BeNullOrEmpty
    }

    It 'tells of a crash' {
        $null = New-LightVM event-crash hello -CommandLine 'crash=1'
        Wait-LightVM event-crash -Console 'panic|asked to' -ErrorAction Stop
        $seen = foreach ($try in 1..50) {
            $found = @(Get-LightVMEvent -Name event-crash -Kind GuestCrashed)
            if ($found) { $found; break }
            $null = [Threading.Thread]::CurrentThread.Join(100)
        }
        $seen | Should -HaveCount 1
        (Get-LightVM event-crash).State | Should -Be 'Crashed'
    }

    It 'follows from a number: events come while they happen, until it is stopped' {
        $last = @(Get-LightVMEvent)[-1].Sequence
        $ps = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            $null = $ps.AddScript("Import-Module '$PSScriptRoot/../../LightVM.psd1'; Get-LightVMEvent -After $last -Follow -Kind GuestCreated")
            $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
            $running = $ps.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]]::new(), $output)
            $null = New-LightVM event-a1 noop
            while ($output.Count -lt 1 -and -not $running.IsCompleted) { $null = $running.AsyncWaitHandle.WaitOne(50) }
            $null = New-LightVM event-a2 noop
            while ($output.Count -lt 2 -and -not $running.IsCompleted) { $null = $running.AsyncWaitHandle.WaitOne(50) }
            $ps.Stop()
            ($output | ForEach-Object Name) -join ' ' | Should -BeExactly 'event-a1 event-a2'
        } finally {
            $ps.Dispose()
        }
    }

    It 'follows from the last' {
        $null = New-LightVM event-f0 noop
        $ps = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            $null = $ps.AddScript("Import-Module '$PSScriptRoot/../../LightVM.psd1'; Get-LightVMEvent -Tail 1 -Follow -Kind GuestCreated")
            $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
            $running = $ps.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]]::new(), $output)
            while ($output.Count -lt 1 -and -not $running.IsCompleted) { $null = $running.AsyncWaitHandle.WaitOne(50) }
            $null = New-LightVM event-f1 noop
            while ($output.Count -lt 2 -and -not $running.IsCompleted) { $null = $running.AsyncWaitHandle.WaitOne(50) }
            $null = New-LightVM event-f2 noop
            while ($output.Count -lt 3 -and -not $running.IsCompleted) { $null = $running.AsyncWaitHandle.WaitOne(50) }
            $ps.Stop()
            ($output | ForEach-Object Name) -join ' ' | Should -BeExactly 'event-f0 event-f1 event-f2'
        } finally {
            $ps.Dispose()
        }
    }
}
