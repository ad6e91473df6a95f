# Guests that are moved between two real Xen hosts, joined by a wire. Boots a second lab.
Describe 'Guests that are moved to another host' -Tag Lab, Boot {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        . "$PSScriptRoot/Wire.ps1"
        $second = Start-LightVMLab -Name second -Memory 2GB
        $first = Start-LightVMLab
        $one, $two = $first.Name, $second.Name
        $endpoints = @($first.Endpoint, $second.Endpoint)
        Join-Wire default 10.99.0.1
        Join-Wire second 10.99.0.2
        Start-Dhcp default
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/daytime" -HostName $one
        $null = New-LightVMNetwork wire -Bridge br0 -HostName $one, $two
        # A Linux of busybox alone, which counts; the kernel is the lab's own.
        $cache = if ($env:XDG_CACHE_HOME) { $env:XDG_CACHE_HOME } else { "$HOME/.cache" }
        $kernel = "$(& bash -c "ls $cache/lightvm/lab/linux-image-*/lib/modules/*/vmlinuz | head -n 1")"
        $ramdisk = "$CheckoutRoot/out/log/count.img"
        $null = & bash -c ('work=$(mktemp -d) && cd $work && mkdir bin proc dev && cp /bin/busybox bin/ && ' +
            'printf ''#!/bin/busybox sh\ni=0\nwhile :; do i=$((i + 1)); echo "tick $i"; /bin/busybox sleep 0.2; done\n'' > init && chmod 755 init && ' +
            "find . | busybox cpio -o -H newc 2>/dev/null | gzip > $ramdisk; rm -r `$work")
        # What a TCP server says at once to the dom0 of a lab, or nothing.
        function Read-Port([string] $Lab, [string] $Address, [int] $Port) { "$(Invoke-Lab $Lab "timeout 5 busybox nc $Address $Port < /dev/null || true")" }
        function Get-AskedCount { [int](Invoke-Lab default 'cat /run/wire/asked 2>/dev/null | wc -l') }
        function New-WireGuest([string] $Name) {
            $null = New-LightVM $Name daytime -NetworkAdapter wire -HostName $one
            $mac = (Get-LightVMNetworkAdapter $Name -HostName $one).Mac
            Wait-Until "an address for $Name" { Find-Address default $mac }
        }
    }
    AfterAll {
        Get-LightVM 'move-*' -HostName $one, $two | Remove-LightVM -Confirm:$false
        Get-LightVMNetwork wire -HostName $one, $two | Remove-LightVMNetwork -Confirm:$false
        Stop-Dhcp default
        $null = Invoke-Lab default 'ip link del br0; ip link set eth1 down'
        Stop-LightVMLab -Name second
        $null = Start-LightVMLab
    }

    It 'goes on where it was, with its name and id, and is known at its new host alone' {
        $before = New-LightVM move-a hello -Memory 4MB -CommandLine 'interval=100' -Labels @{ tier = 'web' } -HostName $one
        Wait-LightVM move-a -Console 'tick 5' -HostName $one -Timeout 60
        $last = @{}
        foreach ($name in $one, $two) { foreach ($event in Get-LightVMEvent -HostName $name) { $last[$name] = $event.Sequence } }
        $moved = Move-LightVM move-a -Destination $two -HostName $one -PassThru
        $moved.HostName | Should -Be $two
        $moved.State | Should -Be 'Running'
        $moved.Id | Should -Be $before.Id
        $moved.Labels['tier'] | Should -Be 'web'
        (Get-LightVM move-a -HostName $two).Move | Should -BeNullOrEmpty
        @(Get-LightVM move-a* -HostName $one) | Should -HaveCount 0
        @(Get-LabDomain default | Where-Object Uuid -eq $before.Id) | Should -HaveCount 0
        # Its counter goes on: it was not started anew.
        Wait-LightVM move-a -Console 'tick' -HostName $two -Timeout 60
        $ticks = @(Receive-LightVMConsole move-a -HostName $two | ForEach-Object { if ($_ -match '^tick (\d+)') { [int] $Matches[1] } })
        $ticks[0] | Should -BeGreaterThan 4
        ($ticks -join ' ') | Should -Be (($ticks[0]..$ticks[-1]) -join ' ')
        foreach ($lab in $one, $two) {
            $event = @(Get-LightVMEvent -After $last[$lab] -HostName $lab | Where-Object { $_.Kind -eq 'GuestMoved' -and $_.Name -eq 'move-a' })
            $event | Should -HaveCount 1
            $event[0].Actor | Should -Match 'uid:0'
        }
    }

    It 'goes there and back, and brings its image along' {
        (Get-LightVMImage hello -HostName $two).Digest | Should -Be (Get-LightVMImage hello -HostName $one).Digest
        foreach ($round in 1..3) {
            (Move-LightVM move-a -Destination $one -HostName $two -PassThru).HostName | Should -Be $one
            (Move-LightVM move-a -Destination $two -HostName $one -PassThru).HostName | Should -Be $two
        }
        $before = @(Receive-LightVMConsole move-a -HostName $two)[-1]
        $null = Wait-Until 'it to tick on' { @(Receive-LightVMConsole move-a -HostName $two)[-1] -ne $before }
        Remove-LightVM move-a -HostName $two -Confirm:$false
        @(Get-LabDomain second) | Should -HaveCount 0
    }

    It 'answers each request of a client that tries again, while it is moved' {
        $address = New-WireGuest move-day
        $null = Wait-Until 'it to answer' { (Read-Port default $address 13) -match '\d\d:\d\d:\d\d' }
        # A client that asks again and again from the one dom0, and says how often it had to try.
        $null = Invoke-Lab default ("rm -f /run/wire/stop /run/wire/asked; (while [ ! -e /run/wire/stop ]; do n=1; " +
            "until timeout 2 busybox nc -w 2 $address 13 < /dev/null 2>/dev/null | grep -q :; do n=`$((n + 1)); [ `$n -le 50 ] || break; done; echo `$n >> /run/wire/asked; done) > /dev/null 2>&1 < /dev/null &")
        try {
            $null = Wait-Until 'some answers' { (Get-AskedCount) -ge 5 }
            $mac = (Get-LightVMNetworkAdapter move-day -HostName $one).Mac
            Move-LightVM move-day -Destination $two -HostName $one
            (Get-LightVMNetworkAdapter move-day -HostName $two).Mac | Should -Be $mac
            $after = (Get-AskedCount)
            $null = Wait-Until 'answers from its new host' { (Get-AskedCount) -ge $after + 10 }
        }
        finally { $null = Invoke-Lab default 'touch /run/wire/stop' }
        $tries = @(Invoke-Lab default 'cat /run/wire/asked' | ForEach-Object { [int] $_ })
        @($tries | Where-Object { $_ -gt 50 }) | Should -HaveCount 0
        # The bridges know where it is.
        (Invoke-Lab second "bridge fdb show br br0 | grep -c '$mac dev lv'") | Should -Be '1'
        Read-Port second $address 13 | Should -Match '\d\d:\d\d:\d\d'
        Remove-LightVM move-day -HostName $two -Confirm:$false
    }

    It 'is a Linux as well: <_>' -ForEach 'Pv', 'Pvh' {
        if ($_ -eq 'Pvh' -and -not ((Invoke-Lab default 'cat /sys/hypervisor/properties/capabilities') -match 'hvm')) {
            Set-ItResult -Skipped -Because 'this host runs no PVH guests'
            return
        }
        $name = "move-$_".ToLowerInvariant()
        $guest = @{ Kernel = $kernel; Ramdisk = $ramdisk; CommandLine = 'console=hvc0 quiet'; Memory = 96MB; NoNetwork = $true; HostName = $one; Type = $_ }
        # Under emulation a PVH guest may die by itself (Xen says 'Triple fault'): such a one tells nothing of moves.
        foreach ($try in 1..3) {
            $deaths = Get-TripleFault
            $null = New-LightVM $name @guest
            Wait-LightVM $name -Console 'tick 5$' -HostName $one -Timeout 240
            $moved = Move-LightVM $name -Destination $two -HostName $one -PassThru -ErrorAction SilentlyContinue -ErrorVariable failed
            if ($moved -or (Get-TripleFault) -eq $deaths) { break }
            Remove-LightVM $name -HostName $one -Confirm:$false
        }
        $moved.State | Should -Be 'Running' -Because "$failed"
        @(Get-LightVM "$name*" -HostName $one) | Should -HaveCount 0
        # Its counter goes on, line by line: it was not booted there.
        Wait-LightVM $name -Console 'tick \d+\D*$' -HostName $two -Timeout 120
        $ticks = @(Receive-LightVMConsole $name -HostName $two | ForEach-Object { if ($_ -match 'tick (\d+)') { [int] $Matches[1] } })
        $ticks[0] | Should -BeGreaterThan 4
        ($ticks -join ' ') | Should -Be (($ticks[0]..$ticks[-1]) -join ' ')
        Remove-LightVM $name -HostName $two -Confirm:$false
    }

    It 'is in doubt when it is cut off between the steps, and refuses all else until that is settled or decided' {
        $null = New-LightVM move-doubt hello -Memory 4MB -CommandLine 'interval=100' -NetworkAdapter wire -HostName $one
        Wait-LightVM move-doubt -Console 'tick 5' -HostName $one -Timeout 60
        # Moves it, while the destination's lightvm-io stands still, so that the third step waits for its adapter; then neither the mover nor
        # that lightvmd is there any more.
        function Start-DoubtfulMove {
            $null = Invoke-Lab second 'kill -STOP $(pidof lightvm-io)'
            $command = "Move-LightVM move-doubt -HostName '{0}' -Destination '{1}'" -f $endpoints
            $mover = [Diagnostics.Process]::Start([Diagnostics.ProcessStartInfo]::new("$CheckoutRoot/out/shell/lightvm", [string[]] @('-c', $command)))
            try { $null = Wait-Until 'the source to give it up' { (Get-LightVM move-doubt -HostName $one).State -eq 'InDoubt' } }
            finally {
                $mover.Kill()
                $mover.WaitForExit()
                $null = Invoke-Lab second 'kill -9 $(pidof lightvmd); kill -CONT $(pidof lightvm-io)'
            }
            $null = Wait-Until 'the destination to serve again' { try { Get-LightVMHost -HostName $two -ErrorAction Stop } catch { $null } }
            (Get-LightVM move-doubt -HostName $one).State | Should -Be 'InDoubt'
            (Get-LightVM move-doubt -HostName $two).State | Should -Be 'Incoming'
        }
        function Wait-Tick([string] $Name) {
            $count = { @(Receive-LightVMConsole move-doubt -HostName $Name | Where-Object { $_ -match 'tick' }).Count }
            $before = & $count
            $null = Wait-Until 'it to tick on' { (& $count) -gt $before }
        }
        Start-DoubtfulMove
        foreach ($name in $one, $two) {
            { Stop-LightVM move-doubt -HostName $name -ErrorAction Stop } | Should -Throw -ErrorId 'MoveInDoubt*'
            { Remove-LightVM move-doubt -Confirm:$false -HostName $name -ErrorAction Stop } | Should -Throw -ErrorId 'MoveInDoubt*'
        }
        # The administrator has it run where it was.
        Resolve-LightVMMove move-doubt -RunAt Source -HostName $two, $one -Confirm:$false
        @(Get-LightVM move-doubt* -HostName $two) | Should -HaveCount 0
        (Get-LightVM move-doubt -HostName $one).State | Should -Be 'Running'
        Wait-Tick $one
        # The same move again goes on.
        Start-DoubtfulMove
        $moved = Move-LightVM move-doubt -Destination $two -HostName $one -PassThru
        $moved.State | Should -Be 'Running'
        Wait-Tick $two
        Move-LightVM move-doubt -Destination $one -HostName $two
        # The administrator has it run where it came to.
        Start-DoubtfulMove
        Resolve-LightVMMove move-doubt -RunAt Destination -HostName $two, $one -Confirm:$false
        @(Get-LightVM move-doubt* -HostName $one) | Should -HaveCount 0
        @(Get-LabDomain default | Where-Object Uuid -eq $moved.Id) | Should -HaveCount 0
        (Get-LightVM move-doubt -HostName $two).State | Should -Be 'Running'
        Wait-Tick $two
        Resolve-LightVMMove move-doubt -RunAt Destination -HostName $two -Confirm:$false
        (Get-LightVM move-doubt -HostName $two).Move | Should -BeNullOrEmpty
        Remove-LightVM move-doubt -HostName $two -Confirm:$false
    }

    It 'is refused before anything is changed' {
        $null = New-LightVM move-r1 daytime -HostName $one
        $null = Wait-LightVM move-r1 -For Network -HostName $one -Timeout 60
        { Move-LightVM move-r1 -Destination $two -HostName $one -ErrorAction Stop } | Should -Throw -ErrorId 'NetworkMismatch*'
        $null = New-LightVM move-r2 daytime -NoNetwork -Disk '/run/wire/disk.img,size=1MB' -HostName $one
        { Move-LightVM move-r2 -Destination $two -HostName $one -ErrorAction Stop } | Should -Throw -ErrorId 'DiskNotShared*'
        { Move-LightVM move-r2 -Destination $two -SharedDisk -HostName $one -ErrorAction Stop } | Should -Throw -ErrorId 'DiskNotShared*'
        $null = New-LightVM move-r3 hello -HostName $one, $two
        { Move-LightVM move-r3 -Destination $two -HostName $one -ErrorAction Stop } | Should -Throw -ErrorId 'GuestExists*'
        { Move-LightVM move-r3 -Destination $one -HostName $one -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument*'
        Stop-LightVM move-r3 -HostName $one
        { Move-LightVM move-r3 -Destination $two -HostName $one -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState*'
        { Move-LightVM move-none -Destination $two -HostName $one -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound*'
        { Resolve-LightVMMove move-r1 -RunAt Source -HostName $one -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState*'
        Move-LightVM move-r1 -Destination $two -AcceptNewAddress -WhatIf -HostName $one
        foreach ($name in 'move-r1', 'move-r2') {
            (Get-LightVM $name -HostName $one).State | Should -Be 'Running'
            @(Get-LightVM "$name*" -HostName $two) | Should -HaveCount 0
        }
    }

    It 'takes another address where that is accepted, and answers there' {
        # Its own is taken there.
        $own = (Get-LightVM move-r1 -HostName $one).Address
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/daytime" -HostName $two
        $null = New-LightVM move-other daytime -NetworkAdapter "default,address=$own" -HostName $two
        $moved = Move-LightVM move-r1 -Destination $two -AcceptNewAddress -HostName $one -PassThru
        $moved.Address | Should -Not -Be $own
        $null = Wait-Until 'it to answer at its new address' { (Read-Port second $moved.Address 13) -match '\d\d:\d\d:\d\d' }
        Get-LightVM 'move-*' -HostName $one, $two | Remove-LightVM -Confirm:$false
    }
}
