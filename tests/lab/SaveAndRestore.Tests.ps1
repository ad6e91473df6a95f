# Guests that are saved and go on: where they were, with their memory, connections and disks; and files of them that are refused.
Describe 'Saved guests' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        foreach ($name in 'hello', 'http', 'disk', 'netperf') { $null = Import-LightVMImage "$PSScriptRoot/../../out/images/$name" }
        Get-LightVM 'sv-*' | Remove-LightVM -Confirm:$false
        Get-LightVMCheckpoint | Where-Object GuestName -like 'sv-*' | Remove-LightVMCheckpoint -Force -Confirm:$false
        $script:Files = [IO.Directory]::CreateTempSubdirectory('sv-').FullName

        # Waits until the guest has ticked beyond what it had, and checks that none was lost or doubled.
        function Wait-Tick([string] $Name, [int] $Beyond) {
            $null = Wait-Until "$Name to tick on" { @(Get-ConsoleNumber $Name)[-1] -gt $Beyond }
            $numbers = @(Get-ConsoleNumber $Name)
            ($numbers -join ' ') | Should -Be (($numbers[0]..$numbers[-1]) -join ' ')
        }
    }
    AfterAll {
        Get-LightVM 'sv-*' | Remove-LightVM -Confirm:$false
        Get-LightVMCheckpoint | Where-Object GuestName -like 'sv-*' | Remove-LightVMCheckpoint -Force -Confirm:$false
        [IO.Directory]::Delete($Files, $true)
        $null = Invoke-Dom0Script 'rm -rf /srv/sv /run/sv-*'
    }

    It 'go on where they were' {
        $guest = New-LightVM sv-a hello -Memory 4MB -CommandLine 'interval=100'
        Wait-LightVM sv-a -Console 'tick 3'
        $saved = Save-LightVM sv-a -PassThru
        $saved.GuestId | Should -Be $guest.Id
        $now = Get-LightVM sv-a
        $now.State | Should -Be 'Saved'
        $now.Checkpoint | Should -BeExactly $saved.Name
        @(Get-XenDomain | Where-Object { $_ -match $guest.Id }) | Should -HaveCount 0
        $last = @(Get-ConsoleNumber sv-a)[-1]
        Start-LightVM sv-a
        (Get-LightVM sv-a).State | Should -Be 'Running'
        Wait-Tick sv-a $last
        # Nobody had named it: it has gone with what it was for.
        @(Get-LightVMCheckpoint $saved.Name -ErrorAction Ignore) | Should -HaveCount 0
    }

    It 'run on when they are kept, and come back as they were' {
        $before = @(Get-ConsoleNumber sv-a)[-1]
        $kept = Save-LightVM sv-a -Keep -CheckpointName sv-kept -PassThru
        Wait-Tick sv-a ($before + 3)
        (Get-LightVM sv-a).State | Should -Be 'Running'
        $kept.InUse | Should -BeFalse
        { Restore-LightVM sv-kept -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState,LightVM.PowerShell.RestoreLightVMCommand'
        Stop-LightVM sv-a -TurnOff
        $back = Restore-LightVM sv-kept
        $back.Name | Should -BeExactly 'sv-a'
        $null = Wait-Until 'it to tick again' { @(Get-ConsoleNumber sv-a)[-1] -lt $before + 100 -and (Get-LightVM sv-a).State -eq 'Running' }
        @(Get-LightVMCheckpoint sv-kept) | Should -HaveCount 1
    }

    It 'come back with their MAC and addresses, and answer' {
        $guest = New-LightVM sv-web http -Memory 4MB -FileContent @{ '/index.html' = '<h1>saved</h1>' }
        Wait-LightVM sv-web -For Ready -Timeout 60
        Save-LightVM sv-web
        (Get-LightVM sv-web).State | Should -Be 'Saved'
        $back = Restore-LightVM -Name sv-web
        $back.Address | Should -BeExactly $guest.Address
        $back.Adapters[0].Mac | Should -BeExactly $guest.Adapters[0].Mac
        $null = Wait-Until 'it to answer' { (Invoke-Dom0Script "curl -s -m 5 http://$($back.Address)/ || true") -match 'saved' }
    }

    It 'keep their connections' {
        $guest = New-LightVM sv-net netperf -Memory 4MB
        Wait-LightVM sv-net -For Network -Timeout 60
        # A client in dom0 that takes the first tenth of what it asked for, then waits for a word, then takes the rest: more than what
        # lies in buffers anywhere. (Not `http`, which gives up clients that take too long.)
        $bytes = 60MB
        $null = Invoke-Dom0Script ("rm -f /run/sv-*; setsid bash -c 'exec 3<>/dev/tcp/$($guest.Address)/5002; echo $bytes >&3; " +
            "head -c $($bytes / 10) <&3 | wc -c >/run/sv-first; until [ -e /run/sv-go ]; do sleep 0.1; done; cat <&3 | wc -c >/run/sv-rest' " +
            '</dev/null >/dev/null 2>&1 &')
        $null = Wait-Until 'the first of it' { (Invoke-Dom0Script 'cat /run/sv-first || true') -eq "$($bytes / 10)" }
        Save-LightVM sv-net
        (Get-LightVM sv-net).State | Should -Be 'Saved'
        $null = Restore-LightVM -Name sv-net
        $null = Invoke-Dom0 touch /run/sv-go
        # While all goes by: where it is, and once more from a file.
        $null = Save-LightVM sv-net -Keep -CheckpointName sv-net-kept
        Save-LightVM sv-net
        $null = Restore-LightVM -Name sv-net
        $rest = Wait-Until 'the rest of it' { Invoke-Dom0Script 'cat /run/sv-rest || true' } 120
        $rest | Should -Be ($bytes - $bytes / 10)
        Remove-LightVMCheckpoint sv-net-kept -Confirm:$false
    }

    It 'travel as a file, and are made anew from it when they are gone' {
        $guest = Get-LightVM sv-web
        Save-LightVM sv-web -Path "$Files/web.lvmck"
        [IO.FileInfo]::new("$Files/web.lvmck").Length | Should -BeGreaterThan 100KB
        # Nothing of its memory is left on the host.
        (Get-LightVM sv-web).State | Should -Be 'Stopped'
        @(Get-LightVMCheckpoint | Where-Object GuestName -eq 'sv-web') | Should -HaveCount 0
        Remove-LightVM sv-web -Confirm:$false
        $back = Restore-LightVM -Path "$Files/web.lvmck"
        $back.Id | Should -Be $guest.Id
        $back.Address | Should -BeExactly $guest.Address
        $null = Wait-Until 'it to answer' { (Invoke-Dom0Script "curl -s -m 5 http://$($back.Address)/ || true") -match 'saved' }
        # Its definition came along: it can be started anew too.
        Restart-LightVM sv-web
        $null = Wait-Until 'it to answer after its next start' { (Invoke-Dom0Script "curl -s -m 5 http://$($back.Address)/ || true") -match 'saved' }
        @(Get-LightVMCheckpoint | Where-Object GuestName -eq 'sv-web') | Should -HaveCount 0
    }

    It 'are refused when their file was altered or cut off, here and on the host' {
        Stop-LightVM sv-web -TurnOff
        $bytes = [IO.File]::ReadAllBytes("$Files/web.lvmck")
        foreach ($at in 3, 40, ($bytes.Length / 2), ($bytes.Length - 1)) {
            $bytes[$at] = $bytes[$at] -bxor 1
            [IO.File]::WriteAllBytes("$Files/bad.lvmck", $bytes)
            $bytes[$at] = $bytes[$at] -bxor 1
            { Restore-LightVM -Path "$Files/bad.lvmck" -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointInvalid,LightVM.PowerShell.RestoreLightVMCommand'
        }
        [IO.File]::WriteAllBytes("$Files/bad.lvmck", [ArraySegment[byte]]::new($bytes, 0, $bytes.Length - 5000).ToArray())
        { Restore-LightVM -Path "$Files/bad.lvmck" -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointInvalid,LightVM.PowerShell.RestoreLightVMCommand'
        (Get-LightVM sv-web).State | Should -Be 'Stopped'

        # One that lies on the host is looked at before each use, too.
        $domains = @(Get-XenDomain).Count
        Start-LightVM sv-web
        Save-LightVM sv-web -CheckpointName sv-bad
        $null = Invoke-Dom0Script 'f=$(ls /var/lib/lightvm/checkpoints/sv-bad.*.lvmck); printf "\377\377" | dd of=$f bs=1 seek=70000 conv=notrunc 2>/dev/null'
        { Start-LightVM sv-web -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointInvalid,LightVM.PowerShell.StartLightVMCommand'
        (Get-LightVM sv-web).State | Should -Be 'Saved'
        @(Get-XenDomain).Count | Should -Be $domains
    }

    It 'are stopped when their memory is given up' {
        Stop-LightVM sv-web
        (Get-LightVM sv-web).State | Should -Be 'Stopped'
        Remove-LightVMCheckpoint sv-bad -Confirm:$false
        Start-LightVM sv-web
        $saved = Save-LightVM sv-web -PassThru
        { Remove-LightVMCheckpoint $saved.Name -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointInUse,LightVM.PowerShell.RemoveLightVMCheckpointCommand'
        Remove-LightVMCheckpoint $saved.Name -Force -Confirm:$false
        (Get-LightVM sv-web).State | Should -Be 'Stopped'
    }

    It 'keep their disks to themselves, and say when those have moved on' {
        $null = Invoke-Dom0Script 'mkdir -p /srv/sv && truncate -s 1M /srv/sv/a.img'
        $null = New-LightVM sv-disk disk -Memory 4MB -Disk /srv/sv/a.img -Argument 'write=1', 'check=1', 'rounds=1000000', 'chunk=64'
        $null = Wait-Until 'it to write' { (Get-LightVMDisk sv-disk -Counters).Counters.SentBytes -gt 0 }
        Save-LightVM sv-disk
        { New-LightVM sv-thief disk -Disk /srv/sv/a.img -ErrorAction Stop } | Should -Throw -ErrorId 'DiskInUse,LightVM.PowerShell.NewLightVMCommand'
        { Add-LightVMDisk sv-disk /srv/sv/b.img -Size 1MB -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState,LightVM.PowerShell.AddLightVMDiskCommand'
        Start-LightVM sv-disk -ErrorAction Stop
        $written = (Get-LightVMDisk sv-disk -Counters).Counters.SentBytes
        $null = Wait-Until 'it to write on' { (Get-LightVMDisk sv-disk -Counters).Counters.SentBytes -gt $written }
        (Get-LightVM sv-disk).State | Should -Be 'Running'

        Save-LightVM sv-disk -Keep -CheckpointName sv-nodisk -WarningVariable warned -WarningAction SilentlyContinue
        $one = Get-LightVMCheckpoint sv-nodisk
        if ($one.HasDiskCopies) { return } # this host's file system shares blocks
        @($warned) | Should -HaveCount 1
        $one.MissingDisks | Should -Be '/srv/sv/a.img'
        Save-LightVM sv-disk -Keep -CheckpointName sv-whole -IncludeDisks
        (Get-LightVMCheckpoint sv-whole).HasDiskCopies | Should -BeTrue
        $null = Wait-Until 'it to write on' { (Get-LightVMDisk sv-disk -Counters).Counters.SentBytes -gt $written }
        Stop-LightVM sv-disk -TurnOff
        { Restore-LightVM sv-nodisk -ErrorAction Stop } | Should -Throw -ErrorId 'DiskChanged,LightVM.PowerShell.RestoreLightVMCommand'
        (Restore-LightVM sv-whole -Confirm:$false).State | Should -Be 'Running'
        $written = (Get-LightVMDisk sv-disk -Counters).Counters.SentBytes
        # It compares what it reads with what its memory says that it wrote.
        $null = Wait-Until 'it to write on' { (Get-LightVMDisk sv-disk -Counters).Counters.SentBytes -gt $written + 4MB }
        (Get-LightVM sv-disk).State | Should -Be 'Running'
        @(Receive-LightVMConsole sv-disk) -match 'panic' | Should -BeNullOrEmpty
    }

    It 'are many, by one call' {
        $null = New-LightVM sv-many -Count 12 -Image hello -Memory 4MB -CommandLine 'interval=200'
        Save-LightVM 'sv-many-*'
        @(Get-LightVM 'sv-many-*' | Where-Object State -eq Saved) | Should -HaveCount 12
        Start-LightVM 'sv-many-*'
        @(Get-LightVM 'sv-many-*' | Where-Object State -eq Running) | Should -HaveCount 12
        Save-LightVM 'sv-many-*'
        Remove-LightVM 'sv-many-*' -Confirm:$false
        @(Get-LightVMCheckpoint | Where-Object GuestName -like 'sv-many-*') | Should -HaveCount 0
    }

    It 'are said to have ended when they ended while they were to be saved' {
        $guest = New-LightVM sv-dead hello -Memory 4MB
        # lightvm-io stands still meanwhile, so that whoever asks first, the guest is gone when it answers.
        $script = 'io=$(pidof lightvm-io); kill -STOP $io; curl -s --max-time 60 --unix-socket /run/lightvm/lightvmd.sock ' +
            '-H "Content-Type: application/json" -d "{\"names\":[\"sv-dead\"]}" http://x/v1/guests/save & /mnt/out/native/lab/xen-domains --destroy {0}; kill -CONT $io; wait'
        $answer = "$(Invoke-Dom0Script $script.Replace('{0}', $guest.DomainId))"
        $answer | Should -Match '"code":"InvalidState"'
        $answer | Should -Match 'ended|not running|stopped'
        Remove-LightVM sv-dead -Confirm:$false
        @(Get-LightVMCheckpoint | Where-Object GuestName -eq 'sv-dead') | Should -HaveCount 0
    }

    It 'leave nothing of what was saved and is gone' {
        Get-LightVM 'sv-*' | Remove-LightVM -Confirm:$false
        Get-LightVMCheckpoint | Where-Object GuestName -like 'sv-*' | Remove-LightVMCheckpoint -Confirm:$false
        @(Invoke-Dom0Script 'ls /var/lib/lightvm/checkpoints') | Should -HaveCount 0
    }
}
