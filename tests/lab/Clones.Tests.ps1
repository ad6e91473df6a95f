# Clones: guests of their own that go on where another is, which does not notice.
Describe 'Clones' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        foreach ($name in 'hello', 'http', 'disk') { $null = Import-LightVMImage "$PSScriptRoot/../../out/images/$name" }
        Get-LightVM 'cl-*' | Remove-LightVM -Confirm:$false
        Get-LightVMCheckpoint | Where-Object Name -like 'cl-*' | Remove-LightVMCheckpoint -Force -Confirm:$false

        # What a clone of hello says of itself when it goes on.
        function Get-Resumed([string] $Name) {
            Wait-Until "$Name to say that it goes on" {
                $lines = @(Receive-LightVMConsole -Name $Name)
                if ($lines -match '^random [0-9a-f]{16}$') { $lines }
            }
        }
        function Get-DistinctCount([string[]] $Values) { [Collections.Generic.HashSet[string]]::new($Values).Count }
        function Get-Random64([string[]] $Lines) { @($Lines -match '^random [0-9a-f]{16}$')[-1] }
        $script:before = Get-HostResidue
    }
    AfterAll {
        Get-LightVM 'cl-*' | Remove-LightVM -Confirm:$false
        Get-LightVMCheckpoint | Where-Object Name -like 'cl-*' | Remove-LightVMCheckpoint -Force -Confirm:$false
        $null = Invoke-Dom0Script 'umount /srv/cl-xfs 2>/dev/null; rm -rf /srv/cl-* /run/cl-*'
    }

    AfterEach { Get-LightVM 'cl-web*' | Remove-LightVM -Confirm:$false }

    It 'go on where the source is, each as one of its own' {
        $source = New-LightVM cl-a hello -Memory 4MB -CommandLine 'interval=100' -Labels @{ tier = 'front' } -RestartPolicy OnFailure
        Wait-LightVM cl-a -Console 'tick 3'
        $clones = @(Copy-LightVM cl-a -Count 3)
        $clones.Name -join ' ' | Should -BeExactly 'cl-a-1 cl-a-2 cl-a-3'
        Get-DistinctCount (@($clones.Id) + $source.Id) | Should -Be 4
        $random = @(foreach ($clone in $clones) {
            $clone.State | Should -Be 'Running'
            $clone.Labels['tier'] | Should -BeExactly 'front'
            $clone.RestartPolicy | Should -Be 'OnFailure'
            $clone.CommandLine | Should -BeExactly 'interval=100'
            @(Get-XenDomain | Where-Object { $_ -match $clone.Id }) | Should -HaveCount 1
            $lines = Get-Resumed $clone.Name
            $lines | Should -Contain "resumed: a clone, uuid $($clone.Id)"
            Get-Random64 $lines
        })
        $lines = Get-Resumed cl-a
        $lines | Should -Contain "resumed: as it was, uuid $($source.Id)"
        $random += Get-Random64 $lines
        Get-DistinctCount $random | Should -Be 4 -Because 'no two of them have the same random numbers'
        # Memory goes on: none begins anew, none misses a tick.
        foreach ($name in @('cl-a') + $clones.Name) {
            $null = Wait-Until "$name to tick on" { @(Get-ConsoleNumber $name)[-1] -gt 15 }
            $numbers = @(Get-ConsoleNumber $name)
            ($numbers -join ' ') | Should -Be (($numbers[0]..$numbers[-1]) -join ' ')
            if ($name -ne 'cl-a') { $numbers[0] | Should -BeGreaterThan 3 }
        }
        $event_ = @(Get-LightVMEvent -Tail 50 | Where-Object { $_.Kind -eq 'GuestCreated' -and $_.Name -eq 'cl-a-2' })[-1]
        $event_.Message | Should -Match "clone of guest 'cl-a'"
        # Nothing of its memory is kept.
        Invoke-Dom0Script 'ls /var/lib/lightvm/checkpoints | grep -c ^cl-a || true' | Should -Be 0
    }

    It 'are guests as any other: stop, start, remove' {
        Stop-LightVM cl-a-1
        (Get-LightVM cl-a-1).State | Should -Be 'Stopped'
        Start-LightVM cl-a-1
        Wait-LightVM cl-a-1 -Console 'Hello from LightVM'
        Restart-LightVM cl-a-2
        (Get-LightVM cl-a-2).State | Should -Be 'Running'
        Get-LightVM 'cl-a-*' | Remove-LightVM -Confirm:$false
        @(Get-LightVM 'cl-a-*') | Should -HaveCount 0
    }

    It 'have addresses of their own, and the source keeps its connections' {
        $big = [Convert]::ToHexString([Security.Cryptography.RandomNumberGenerator]::GetBytes(250KB))
        $source = New-LightVM cl-web http -Memory 8MB -Publish 18099:80 -FileContent @{ '/index.html' = '<h1>cloned</h1>'; '/big' = $big }
        Wait-LightVM cl-web -For Ready -Timeout 60
        $null = Invoke-Dom0Script "rm -f /run/cl-*; setsid nohup curl -s -m 120 --limit-rate 40k -o /run/cl-big http://$($source.Address)/big >/dev/null 2>&1 & true"
        $null = Wait-Until 'the transfer to begin' { [int](Invoke-Dom0Script 'stat -c %s /run/cl-big 2>/dev/null || echo 0') -gt 0 }
        $clones = @(Copy-LightVM cl-web -Count 2 -NewName 'cl-web-*-b')
        [int](Invoke-Dom0Script 'stat -c %s /run/cl-big') | Should -BeLessThan $big.Length
        # (An array has a member Address of its own.)
        Get-DistinctCount (@($clones.ForEach({ $_.Address })) + $source.Address) | Should -Be 3
        Get-DistinctCount (@($clones.ForEach({ $_.Adapters[0].Mac })) + $source.Adapters[0].Mac) | Should -Be 3
        foreach ($guest in @($source) + $clones) {
            $null = Wait-Until "$($guest.Name) to answer on $($guest.Address)" { (Invoke-Dom0Script "curl -s -m 5 http://$($guest.Address)/ || true") -match 'cloned' }
        }
        $clones.ForEach({ $_.Publish.Count }) -join ' ' | Should -BeExactly '0 0' -Because 'a port of the host leads to one guest'
        $null = Wait-Until 'the rest of the transfer' { [int](Invoke-Dom0Script 'stat -c %s /run/cl-big') -eq $big.Length }
        @(Invoke-Dom0 sha256sum /run/cl-big)[0].Split(' ')[0] | Should -Be ([Convert]::ToHexStringLower([Security.Cryptography.SHA256]::HashData([Text.Encoding]::ASCII.GetBytes($big))))
        # Their files are their own too: the source may go.
        Remove-LightVM cl-web, cl-web-1-b -Confirm:$false
        Restart-LightVM cl-web-2-b
        $null = Wait-Until 'it to answer after its next start' { (Invoke-Dom0Script "curl -s -m 5 http://$($clones[1].Address)/ || true") -match 'cloned' }
        Remove-LightVM cl-web-2-b -Confirm:$false
    }

    It 'are made of a checkpoint, whatever became of the guest' {
        $null = Save-LightVM cl-a -Keep -CheckpointName cl-warm -PassThru
        $first = Copy-LightVM -CheckpointName cl-warm -NewName cl-b -Label @{ tier = 'test' }
        $first.Labels['tier'] | Should -BeExactly 'test'
        Get-Resumed cl-b | Should -Contain "resumed: a clone, uuid $($first.Id)"
        # A name that is taken is that clone's problem alone.
        $clones = @(Get-LightVMCheckpoint cl-warm | Copy-LightVM -Count 2 -NewName 'cl-*' -ErrorAction SilentlyContinue)
        $clones | Should -HaveCount 2
        $made = @(Copy-LightVM -CheckpointName cl-warm -Count 3 -NewName 'cl-*' -ErrorAction SilentlyContinue -ErrorVariable problems)
        $made.Name | Should -BeExactly 'cl-3'
        @($problems | ForEach-Object FullyQualifiedErrorId) -join ' ' | Should -BeExactly 'GuestExists,LightVM.PowerShell.CopyLightVMCommand GuestExists,LightVM.PowerShell.CopyLightVMCommand'
        @(Get-LightVMCheckpoint cl-warm) | Should -HaveCount 1
        # So many are an operation of the daemon.
        @(Copy-LightVM -CheckpointName cl-warm -Count 9 -NewName 'cl-many').State -eq 'Running' | Should -HaveCount 9
        Get-LightVM 'cl-many-*' | Remove-LightVM -Confirm:$false
        # A guest that is Saved is cloned from there, and stays.
        Save-LightVM cl-b
        $again = Copy-LightVM cl-b -NewName cl-b-again
        Get-Resumed cl-b-again | Should -Contain "resumed: a clone, uuid $($again.Id)"
        (Get-LightVM cl-b).State | Should -Be 'Saved'
        Start-LightVM cl-b -ErrorAction Stop
        Get-LightVM 'cl-b', 'cl-b-again', 'cl-1', 'cl-2', 'cl-3' | Remove-LightVM -Confirm:$false
    }

    It 'are made of shells that were restored ahead, where there are any' {
        $null = Save-LightVM cl-a -Keep -CheckpointName cl-shell
        Set-LightVMPool -CheckpointName cl-shell -Count 3
        function Get-Stock { Get-LightVMPool | Where-Object Checkpoint -eq 'cl-shell' }
        $null = Wait-Until 'three shells' { (Get-Stock).Ready -eq 3 }
        $clones = @(Copy-LightVM -CheckpointName cl-shell -Count 4 -NewName 'cl-s*')
        $clones | Should -HaveCount 4
        (Get-Stock).Hits | Should -Be 3
        (Get-Stock).Misses | Should -Be 1
        $random = @(foreach ($clone in $clones) {
            $lines = Get-Resumed $clone.Name
            $lines | Should -Contain "resumed: a clone, uuid $($clone.Id)"
            Get-Random64 $lines
        })
        Get-DistinctCount $random | Should -Be 4
        foreach ($name in $clones.Name) {
            $first = @(Get-ConsoleNumber $name)[0]
            $null = Wait-Until "$name to tick on" { @(Get-ConsoleNumber $name)[-1] -gt $first + 3 }
            $numbers = @(Get-ConsoleNumber $name)
            ($numbers -join ' ') | Should -Be (($numbers[0]..$numbers[-1]) -join ' ')
        }
        Get-LightVM 'cl-s*' | Remove-LightVM -Confirm:$false

        # Shells of a lightvmd that was killed go, and others come.
        $null = Wait-Until 'three shells' { (Get-Stock).Ready -eq 3 }
        $domains = @(Get-XenDomain).Count
        $null = Invoke-Dom0Script 'kill -9 $(systemctl show -p MainPID --value lightvmd)'
        $null = Wait-Until 'three shells again' { (Get-LightVMPool -ErrorAction Ignore | Where-Object Checkpoint -eq 'cl-shell').Ready -eq 3 }
        $null = Wait-Until 'the others to be gone' { @(Get-XenDomain).Count -eq $domains }

        # A checkpoint goes with its shells; there is nothing to ask.
        Remove-LightVMCheckpoint cl-shell -Confirm:$false -ErrorAction Stop
        $null = Wait-Until 'its shells to be gone' { @(Get-XenDomain).Count -eq $domains - 3 }
        (Get-Stock).LastError | Should -Match 'cl-shell'
        Get-LightVMPool cl-shell | Remove-LightVMPool
        @(Get-Stock) | Should -HaveCount 0
    }

    It 'with adapters are made of shells too' {
        $source = New-LightVM cl-web http -Memory 8MB -FileContent @{ '/index.html' = '<h1>shell</h1>' }
        Wait-LightVM cl-web -For Ready -Timeout 60
        $null = Save-LightVM cl-web -Keep -CheckpointName cl-shell
        Set-LightVMPool -CheckpointName cl-shell -Count 1
        $null = Wait-Until 'a shell' { (Get-LightVMPool | Where-Object Checkpoint -eq 'cl-shell').Ready -eq 1 }
        # A lightvm-io that comes back takes them up.
        $null = Invoke-Dom0Script 'kill -9 $(pidof lightvm-io); true'
        $null = Wait-Until 'the data plane to be back' { (Get-LightVMHost).DataPlane }
        $clone = Copy-LightVM -CheckpointName cl-shell -NewName cl-web-s
        (Get-LightVMPool | Where-Object Checkpoint -eq 'cl-shell').Hits | Should -Be 1
        foreach ($guest in $source, $clone) {
            $null = Wait-Until "$($guest.Name) to answer on $($guest.Address)" { (Invoke-Dom0Script "curl -s -m 5 http://$($guest.Address)/ || true") -match 'shell' }
        }
        Set-LightVMPool -CheckpointName cl-shell -Count 0
        Remove-LightVMCheckpoint cl-shell -Confirm:$false
        Remove-LightVM cl-web, cl-web-s -Confirm:$false
    }

    It 'ask for addresses of their own on a bridge, and leave the source its own' {
        $null = Invoke-Dom0Script ('ip link add clbr0 address 02:00:00:00:77:01 type bridge && ip addr add 10.77.0.1/24 dev clbr0 && ip link set clbr0 up && ' +
            'dnsmasq --conf-file=/dev/null --interface=clbr0 --bind-interfaces --port=0 --dhcp-range=10.77.0.10,10.77.0.99,1h ' +
            '--dhcp-leasefile=/run/cl-leases --pid-file=/run/cl-dnsmasq.pid </dev/null >/dev/null 2>&1')
        try {
            $null = New-LightVMNetwork -Name cl-bridge -Bridge clbr0
            # The address that the bridge's own server has given to a guest, once the guest answers on it.
            function Get-Leased($Guest) {
                Wait-Until "$($Guest.Name) to answer on the bridge" {
                    $leased = "$(Invoke-Dom0Script "awk '/$($Guest.Adapters[0].Mac)/ { print `$3 }' /run/cl-leases")"
                    if ($leased -and (Invoke-Dom0Script "curl -s -m 5 http://$leased/ || true") -match 'bridged') { $leased }
                }
            }
            $source = New-LightVM cl-web http -Memory 8MB -NetworkAdapter cl-bridge -FileContent @{ '/index.html' = '<h1>bridged</h1>' }
            $first = Get-Leased $source
            $clone = Copy-LightVM cl-web -NewName cl-web-b
            $second = Get-Leased $clone
            $second | Should -Not -Be $first
            # Nobody was told that the source's address is the clone's.
            "$(Invoke-Dom0Script "ip neigh show $first dev clbr0")" | Should -Match $source.Adapters[0].Mac
            (Invoke-Dom0Script "curl -s -m 5 http://$first/") -join '' | Should -Match 'bridged'
        } finally {
            Get-LightVM 'cl-web*' | Remove-LightVM -Confirm:$false
            Remove-LightVMNetwork cl-bridge -Confirm:$false
            $null = Invoke-Dom0Script 'kill $(cat /run/cl-dnsmasq.pid); ip link del clbr0; true'
        }
    }

    It 'begin TCP connections with numbers that no other clone tells' {
        $null = New-LightVM cl-web http -Memory 8MB -FileContent @{ '/index.html' = '<h1>number</h1>' }
        Wait-LightVM cl-web -For Ready -Timeout 60
        $null = Save-LightVM cl-web -Keep -CheckpointName cl-number
        # The same memory, address and ports, one after the other: by one secret the numbers would differ by the time between (a 4 us each).
        $addresses, $numbers = @(), @()
        foreach ($i in 1..3) {
            $clone = Copy-LightVM -CheckpointName cl-number -NewName cl-number
            $addresses += $clone.Address
            $null = Wait-Until 'it to answer' { (Invoke-Dom0Script "curl -s -m 5 http://$($clone.Address)/ || true") -match 'number' }
            $numbers += [uint] "$(Invoke-Dom0 /mnt/out/native/lab/tcp-sequence $clone.Address 80 40001)"
            Remove-LightVM cl-number -Confirm:$false
        }
        Get-DistinctCount $addresses | Should -Be 1
        $distances = @(foreach ($i in 1, 2) { $d = [Math]::Abs([long] $numbers[$i] - $numbers[0]); [Math]::Min($d, 4294967296 - $d) })
        @($distances -gt 60 * 250000) | Should -Not -BeNullOrEmpty -Because "$($numbers -join ', ') are a minute's numbers"
        Remove-LightVMCheckpoint cl-number -Confirm:$false
        Remove-LightVM cl-web -Confirm:$false
    }

    It 'have disks of their own' {
        $null = Invoke-Dom0Script 'mkdir -p /srv/cl-d && truncate -s 1M /srv/cl-d/a.img'
        $null = New-LightVM cl-disk disk -Memory 4MB -Disk /srv/cl-d/a.img -Argument 'write=1', 'check=1', 'rounds=1000000', 'chunk=256'
        $null = Wait-Until 'it to write' { (Get-LightVMDisk cl-disk -Counters).Counters.SentBytes -gt 0 }
        # The lab's file system shares no blocks between files: without a word nothing is copied, and nothing left.
        { Copy-LightVM cl-disk -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState,LightVM.PowerShell.CopyLightVMCommand'
        @(Invoke-Dom0Script 'ls /srv/cl-d') | Should -Be 'a.img'
        $clones = @(Copy-LightVM cl-disk -Count 2 -CopyDisks)
        $clones.ForEach({ $_.Disks[0].Path }) -join ' ' | Should -BeExactly '/srv/cl-d/a.cl-disk-1.img /srv/cl-d/a.cl-disk-2.img'
        foreach ($name in @('cl-disk') + $clones.Name) {
            # Each compares what it reads with what its memory says that it wrote.
            $written = (Get-LightVMDisk $name -Counters).Counters.SentBytes
            $null = Wait-Until "$name to write on" { (Get-LightVMDisk $name -Counters).Counters.SentBytes -gt $written + 2MB }
            (Get-LightVM $name).State | Should -Be 'Running'
            @(Receive-LightVMConsole $name) -match 'panic' | Should -BeNullOrEmpty
        }
        # A file that is there is nobody's to overwrite.
        Remove-LightVM $clones.Name -Confirm:$false
        { Copy-LightVM cl-disk -CopyDisks -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,LightVM.PowerShell.CopyLightVMCommand'
        Remove-LightVM cl-disk -Confirm:$false
    }

    It 'share the blocks of the disk where the file system can' {
        if (-not (Invoke-Dom0Script 'command -v mkfs.xfs || true')) { Set-ItResult -Skipped -Because 'there is no mkfs.xfs here'; return }
        $null = Invoke-Dom0Script ('modprobe xfs; mkdir -p /srv/cl-xfs && truncate -s 400M /srv/cl-xfs.img && mkfs.xfs -q /srv/cl-xfs.img && ' +
            'mount -o loop /srv/cl-xfs.img /srv/cl-xfs && head -c 64M /dev/urandom >/srv/cl-xfs/a.img && sync')
        function Get-Used { [long](Invoke-Dom0Script 'df --output=used -B1 /srv/cl-xfs | tail -n 1') }
        $null = New-LightVM cl-share hello -Memory 4MB -Disk /srv/cl-xfs/a.img
        $used = Get-Used
        $clones = @(Copy-LightVM cl-share -Count 3)
        $clones.ForEach({ $_.Disks[0].Path }) -join ' ' | Should -BeExactly '/srv/cl-xfs/a.cl-share-1.img /srv/cl-xfs/a.cl-share-2.img /srv/cl-xfs/a.cl-share-3.img'
        (Get-Used) - $used | Should -BeLessThan 8MB
        @(Invoke-Dom0Script 'cmp /srv/cl-xfs/a.img /srv/cl-xfs/a.cl-share-3.img 2>&1; ls /srv/cl-xfs | wc -l') | Should -Be 4
        Get-LightVM 'cl-share*' | Remove-LightVM -Confirm:$false
    }

    It 'are refused of what has no memory' {
        $null = New-LightVM cl-off hello -Memory 4MB -NoStart
        { Copy-LightVM cl-off -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState,LightVM.PowerShell.CopyLightVMCommand'
        { Copy-LightVM -CheckpointName cl-none -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,LightVM.PowerShell.CopyLightVMCommand'
        @(Get-LightVM 'cl-off-*') | Should -HaveCount 0
        Remove-LightVM cl-off -Confirm:$false
    }

    It 'leave nothing behind' {
        Remove-LightVM cl-a -Confirm:$false
        Remove-LightVMCheckpoint cl-warm -Confirm:$false
        Assert-NothingLeft $before { Get-HostResidue }
    }
}
