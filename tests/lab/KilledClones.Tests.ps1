# lightvmd dies by SIGKILL while it clones: of a guest that runs, of a checkpoint whose shells are ready, of a guest with a disk. What no answer
# confirmed is gone, what one confirmed is there, the sources go on, and no domain, shell or file is left. LIGHTVM_KILLED_CLONES sets how often.
Describe 'lightvmd killed while it clones' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        foreach ($name in 'hello', 'http', 'disk') { $null = Import-LightVMImage "$PSScriptRoot/../../out/images/$name" }
        function Clear-Klc {
            Set-LightVMPool -CheckpointName klc-warm -Count 0
            Get-LightVM 'klc-*' | Remove-LightVM -Confirm:$false
            Get-LightVMCheckpoint | Where-Object Name -like 'klc-*' | Remove-LightVMCheckpoint -Force -Confirm:$false
            $null = Invoke-Dom0Script 'rm -rf /srv/klc'
        }
        Clear-Klc
        $script:Rounds = if ($env:LIGHTVM_KILLED_CLONES) { [int] $env:LIGHTVM_KILLED_CLONES } else { 6 }
        # In dom0: one round of clones and a kill at some moment of it; then what is there, when the pool is full again. A line each.
        $script = @'
socket=/run/lightvm/lightvmd.sock
ask() { curl -s --max-time 60 --unix-socket $socket -H 'Content-Type: application/json' "$@"; }
count() { grep -o "$1" | wc -l; }
shells() { ask http://x/v1/host | sed -nE 's/.*"shellCount":([0-9]+).*/\1/p'; }
settle() { # three shells, three sources that run
    for try in $(seq 1 300); do
        [ "$(shells)" = 3 ] && ask 'http://x/v1/guests?name=klc-*' >/run/klc-guests &&
            [ $(count '"state":"running"' </run/klc-guests) -ge 3 ] && return
        sleep 0.2
    done
    echo "not settled, $(shells) shells: $(cat /run/klc-guests)"
}
console() { ask "http://x/v1/guests/$1/console?tail=1000"; }
for round in $(seq 1 $1); do
    settle
    case $((round % 3)) in
    0) kind=guest path=guests/klc-a/copy names='"klc-k-1","klc-k-2","klc-k-3","klc-k-4"' all=4 ;;
    1) kind=checkpoint path=checkpoints/klc-warm/copy names='"klc-k-1","klc-k-2","klc-k-3","klc-k-4","klc-k-5"' all=5 ;;
    2) kind=disk path=guests/klc-disk/copy names='"klc-k-1","klc-k-2"' all=2 ;;
    esac
    pid=$(systemctl show -p MainPID --value lightvmd)
    ask -d "{\"names\":[$names],\"copyDisks\":true}" http://x/v1/$path >/run/klc-answer &
    # Each fourth when the answer has come: what it confirmed is there.
    if [ $((round % 4)) = 0 ]; then wait; else sleep 0.$(printf %03d $((RANDOM % $2))); fi
    kill -9 $pid
    wait
    settle
    answered=$(count '"changed":true' </run/klc-answer)
    clones=$(count '"name":"klc-k-' </run/klc-guests)
    running=$(count '"state":"running"' </run/klc-guests)
    macs=$(grep -oE '"mac":"[^"]+"' /run/klc-guests | sort | uniq -d | wc -l)
    /mnt/out/native/lab/xen-domains >/run/klc-domains
    domains=$(wc -l </run/klc-domains)
    doubles=$(cut -d ' ' -f 2 /run/klc-domains | sort | uniq -d | wc -l)
    parts=$(ls /var/lib/lightvm/checkpoints | grep '^klc-' | grep -vc '^klc-warm')
    disks=$(ls /srv/klc | grep -c klc-k)
    logs=$(find /run/lightvm/console -type f -printf '%b\n' | grep -vc '^0$')
    # A clone's disk is what its memory says that it has written, or it panics at its next check.
    bad=0
    for i in $(seq 1 $clones); do
        [ $kind = disk ] || continue
        for try in $(seq 1 100); do console klc-k-$i | grep -qE 'checked|panic' && break; sleep 0.2; done
        console klc-k-$i | grep -q checked && ! console klc-k-$i | grep -q panic || bad=$((bad + 1))
    done
    ask -d "{\"action\":\"remove\",\"names\":[$names]}" http://x/v1/guests/actions >/dev/null
    rm -f /srv/klc/*klc-k*
    echo "$kind $all $answered $clones $running $domains $doubles $macs $parts $disks $logs $bad" | tee -a /run/klc-lines
done
'@
        [IO.File]::WriteAllText("$CheckoutRoot/out/killed-clones.sh", $script)
    }
    AfterAll { Clear-Klc }

    It 'has all clones of a request or none, each once, and nothing else' {
        $null = Invoke-Dom0Script 'mkdir -p /srv/klc && truncate -s 1M /srv/klc/a.img'
        $null = New-LightVM klc-a hello -Memory 4MB -CommandLine 'interval=50'
        $null = New-LightVM klc-web http -Memory 8MB
        $null = New-LightVM klc-disk disk -Memory 4MB -Disk /srv/klc/a.img -Argument 'write=1', 'check=1', 'rounds=1000000'
        Wait-LightVM klc-a -Console 'tick 2' -Timeout 60
        Wait-LightVM klc-web -For Ready -Timeout 60
        $null = Save-LightVM klc-web -Keep -CheckpointName klc-warm
        $others = @(Get-XenDomain).Count
        $logs = (Get-HostResidue).ConsoleLogs # those that are made ahead hold nothing yet
        Set-LightVMPool -CheckpointName klc-warm -Count 3
        $lines = @(Invoke-Dom0Script "bash /mnt/out/killed-clones.sh $Rounds 500")
        $lines | Should -HaveCount $Rounds
        $round = 0
        foreach ($line in $lines) {
            $round++
            $line | Should -Match '^(guest|checkpoint|disk)( \d+){11}$'
            $kind, $numbers = $line.Split(' ')
            $all, $answered, $clones, $running, $domains, $doubles, $macs, $parts, $disks, $own, $bad = [int[]] $numbers
            $clones | Should -BeIn 0, $all -Because "round '$line': all are confirmed, or none"
            if ($round % 4 -eq 0) { $answered | Should -Be $all -Because "round '$line': the kill came after the answer" }
            if ($answered -gt 0) { $clones | Should -Be $all -Because "round '$line': the answer said so" }
            $running | Should -Be (3 + $clones) -Because "round '$line': all run"
            $doubles | Should -Be 0 -Because "round '$line': no id twice"
            $macs | Should -Be 0 -Because "round '$line': no MAC twice"
            $domains | Should -Be ($others + 3 + $clones) -Because "round '$line': a domain for each, three shells, and no other"
            $own | Should -Be ($logs + 3 + $clones) -Because "round '$line': a log for each, and no other"
            $parts | Should -Be 0 -Because "round '$line': what was half written is swept"
            $disks | Should -Be ($kind -eq 'disk' ? $clones : 0) -Because "round '$line': a disk for each, and no other"
            $bad | Should -Be 0 -Because "round '$line': a disk is whole"
        }
        # The source has gone on all the time, without a gap.
        $last = @(Get-ConsoleNumber klc-a)[-1]
        $null = Wait-Until 'the source to tick on' { @(Get-ConsoleNumber klc-a)[-1] -gt $last }
        $numbers = @(Get-ConsoleNumber klc-a)
        ($numbers -join ' ') | Should -Be (($numbers[0]..$numbers[-1]) -join ' ')
        @(Receive-LightVMConsole klc-disk) -match 'panic' | Should -BeNullOrEmpty
    }
}
