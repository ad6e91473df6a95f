# Guests that are made of shells are guests like others; and no shell is ever left behind.
Describe 'The shell pool' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/daytime", "$PSScriptRoot/../../out/images/noop"
        function Stop-Daemon { $null = Invoke-Dom0Script 'kill -9 $(pidof lightvmd)' }
        function Wait-Daemon { $null = Wait-Until 'lightvmd to serve again' { try { Get-LightVMHost -ErrorAction Stop } catch { $null } } }
        function Wait-Ready([string] $Image, [int] $Count) {
            $null = Wait-Until "$Count shells of $Image to be ready" {
                $script:last = Get-LightVMPool $Image
                $script:last.Ready -eq $Count
            }
        }
        # Domains that are neither guests nor shells that the pool knows.
        function Get-Stray { @(Get-XenDomain).Count - @(Get-LightVM | Where-Object DomainId).Count - (Get-LightVMHost).ShellCount }
        Get-LightVM 'shp-*' | Remove-LightVM -Confirm:$false
        Get-LightVMPool | Remove-LightVMPool
        Set-LightVMPool -Budget 64MB
        $null = Wait-Until 'an empty pool' { (Get-LightVMHost).ShellCount -eq 0 }
        $script:strays = Get-Stray
    }
    AfterEach { Get-LightVM 'shp-*' | Remove-LightVM -Confirm:$false }
    AfterAll {
        Get-LightVM 'shp-*' | Remove-LightVM -Confirm:$false
        Get-LightVMPool | Remove-LightVMPool
        Set-LightVMPool -Budget 64MB
    }

    It 'makes guests of shells, counts hits and misses, and fills itself again' {
        Set-LightVMPool hello -Memory 4MB -Count 3
        Wait-Ready hello 3
        (Get-LightVMHost).ShellMemory | Should -Be 12MB
        @(Get-LightVM 'shp-*') | Should -HaveCount 0
        $before = Get-LightVMPool hello
        $domains = @(Get-XenDomain | ForEach-Object { ($_ -split ' ')[1] })
        $guest = New-LightVM shp-one hello -Memory 4MB -Labels @{ tier = 'web' } -CommandLine 'interval=100' -Argument 'one', 'more'
        $guest.State | Should -Be Running
        $guest.Labels.tier | Should -BeExactly web
        # It has the shell's own id, which saves a new attach; also with an Idempotency-Key, which New-LightVM sends.
        $domains | Should -Contain "$($guest.Id)"
        $null = Wait-LightVM shp-one -Console '^tick 3$' -Timeout 60 -ErrorAction Stop
        $text = @(Receive-LightVMConsole shp-one | ForEach-Object { "$_" })
        $text | Should -Contain "uuid $($guest.Id)"
        ($text -join ' ') | Should -Match 'argument \d: one argument \d: more'
        $after = Get-LightVMPool hello
        $after.Hits | Should -Be ($before.Hits + 1)
        $after.Misses | Should -Be $before.Misses
        # Another memory is another kind, which this flavour does not count at all.
        $null = New-LightVM shp-other hello -Memory 8MB
        (Get-LightVMPool hello).Misses | Should -Be $before.Misses
        Wait-Ready hello 3
        (Get-LightVMPool hello).Refills | Should -BeGreaterOrEqual ($before.Refills + 1)
        # One batch of more than are ready: the rest are built as ever.
        @(New-LightVM shp-many hello -Memory 4MB -Count 5 | Where-Object State -eq Running) | Should -HaveCount 5
        $now = Get-LightVMPool hello
        $now.Hits | Should -Be ($before.Hits + 4)
        $now.Misses | Should -Be ($before.Misses + 2)
    }

    It 'does it for a start and a restart too, and the console goes on' {
        Set-LightVMPool hello -Memory 4MB -Count 2
        $null = New-LightVM shp-again hello -Memory 4MB -CommandLine 'interval=100' -NoStart
        Wait-Ready hello 2
        $before = (Get-LightVMPool hello).Hits
        Start-LightVM shp-again
        $null = Wait-LightVM shp-again -Console '^tick 2$' -Timeout 60 -ErrorAction Stop
        Restart-LightVM shp-again -Timeout 60
        (Get-LightVMPool hello).Hits | Should -Be ($before + 2)
        $null = Wait-Until 'the second life to print' { @(Get-ConsoleNumber shp-again | Where-Object { $_ -eq 2 }).Count -eq 2 }
        Stop-LightVM shp-again -Timeout 60
        (Get-LightVM shp-again).State | Should -Be Stopped
        Get-LightVM shp-again | Remove-LightVM -Confirm:$false
        Wait-Ready hello 2
        Get-Stray | Should -Be $strays
    }

    It 'gives a guest of a shell its own network adapter' {
        Set-LightVMPool daytime -Count 1
        Wait-Ready daytime 1
        $guest = New-LightVM shp-net daytime -NetworkAdapter 'default,mac=02:1c:7b:77:00:01'
        (Get-LightVMPool daytime).Hits | Should -BeGreaterOrEqual 1
        $guest.Adapters[0].Mac | Should -BeExactly '02:1c:7b:77:00:01'
        Wait-LightVM shp-net -For Network -Timeout 60 -ErrorAction Stop
        $told = Invoke-Dom0Script "timeout 20 bash -c 'exec 3<>/dev/tcp/$($guest.Address)/13; cat <&3'"
        "$told" | Should -Match '\d\d:\d\d'
        Set-LightVMPool daytime -Count 0
    }

    It 'does not make guests with files of shells, and lets a refused one give its shell back' {
        Set-LightVMPool hello -Memory 4MB -Count 1
        Wait-Ready hello 1
        $before = Get-LightVMPool hello
        $null = New-LightVM shp-files hello -Memory 4MB -FileContent @{ '/motd' = 'Welcome.' }
        { New-LightVM shp-files hello -Memory 4MB -ErrorAction Stop } | Should -Throw -ErrorId 'GuestExists,*'
        $after = Get-LightVMPool hello
        $after.Hits | Should -Be $before.Hits
        $after.Ready | Should -Be 1
        (New-LightVM shp-next hello -Memory 4MB).State | Should -Be Running
        (Get-LightVMPool hello).Hits | Should -Be ($before.Hits + 1)
    }

    It 'leaves no shell of a killed lightvmd, and fills itself again after it' {
        Set-LightVMPool hello -Memory 4MB -Count 8
        # While it is being filled, and when it is full.
        foreach ($ready in 2, 8) {
            $null = Wait-Until "$ready shells" { (Get-LightVMPool hello).Ready -ge $ready }
            Stop-Daemon
            Wait-Daemon
        }
        Wait-Ready hello 8
        Get-Stray | Should -Be $strays
        (New-LightVM shp-then hello -Memory 4MB).State | Should -Be Running
        (Get-LightVMPool hello).Hits | Should -Be 1
    }

    It 'leaves nothing of claims that no answer confirmed' {
        Get-LightVMPool | Remove-LightVMPool
        Set-LightVMPool noop -Memory 4MB -Count 12
        $script = 'for i in $(seq 1 40); do curl -s --max-time 20 --unix-socket /run/lightvm/lightvmd.sock ' +
            '-H "Content-Type: application/json" -d "{\"guests\":[{\"name\":\"shp-c$i\",\"image\":\"noop\",\"memory\":4194304}]}" ' +
            'http://lightvm/v1/guests | grep -q "\"guest\":" && echo shp-c$i >> /run/shp-confirmed; [ $i = 6 ] && (sleep 0.0$RANDOM; kill -9 $(pidof lightvmd)) & done; wait; true'
        foreach ($round in 1..2) {
            Wait-Ready noop 12
            $null = Invoke-Dom0Script ': > /run/shp-confirmed'
            $null = Invoke-Dom0Script $script
            Wait-Daemon
            $confirmed = @(Invoke-Dom0 cat /run/shp-confirmed)
            $there = @(Get-LightVM 'shp-c*')
            @($confirmed | Where-Object { $_ -notin $there.Name }) | Should -HaveCount 0
            @($there | Where-Object State -ne 'Running') | Should -HaveCount 0
            Wait-Ready noop 12
            Get-Stray | Should -Be $strays
            $there | Remove-LightVM -Confirm:$false
        }
        Set-LightVMPool noop -Memory 4MB -Count 0
    }

    It 'attaches shells again to a lightvm-io that was killed' {
        Set-LightVMPool hello -Memory 4MB -Count 4
        Wait-Ready hello 4
        $before = Get-LightVMPool hello
        $null = Invoke-Dom0Script 'kill -9 $(pidof lightvm-io); true'
        $null = Wait-Until 'the data plane to be back' { (Get-LightVMHost).DataPlane }
        foreach ($n in 1..4) { (New-LightVM "shp-io$n" hello -Memory 4MB -CommandLine 'interval=100').State | Should -Be Running }
        foreach ($n in 1..4) { $null = Wait-LightVM "shp-io$n" -Console '^tick 2$' -Timeout 60 -ErrorAction Stop }
        (Get-LightVMPool hello).Failures | Should -Be $before.Failures
    }

    It 'drops the shells of an image that is removed, and does without those that somebody destroyed' {
        Set-LightVMPool noop -Memory 4MB -Count 2
        Wait-Ready noop 2
        Remove-LightVMImage noop
        $null = Wait-Until 'its shells to be gone' { (Get-LightVMPool noop).Ready -eq 0 }
        (Get-LightVMPool noop).LastError | Should -Match 'no image'
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/noop"
        Wait-Ready noop 2
        Set-LightVMPool noop -Memory 4MB -Count 0
        $null = Wait-Until 'no shells of it' { -not (Get-LightVMPool | Where-Object Image -eq noop) }
    }

    It 'keeps to its budget' {
        Set-LightVMPool hello -Memory 4MB -Count 8
        Set-LightVMPool -Budget 12MB
        $null = Wait-Until 'three shells and no more' { (Get-LightVMPool hello).Ready -eq 3 -and (Get-LightVMHost).ShellMemory -eq 12MB }
        Set-LightVMPool -Budget 64MB
        Wait-Ready hello 8
        Get-LightVMPool | Remove-LightVMPool
        $null = Wait-Until 'an empty pool' { (Get-LightVMHost).ShellCount -eq 0 }
        $null = Wait-Until 'no domain more than before' { (Get-Stray) -eq $strays }
    }
}
