# lightvmd dies by SIGKILL while it saves and restores: there is always one of the guest, either running or saved whole, never two,
# and never a file that is half there. LIGHTVM_KILLED_SAVES sets how often.
Describe 'lightvmd killed while it saves and restores' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello"
        Get-LightVM 'kls-*' | Remove-LightVM -Confirm:$false
        $script:Rounds = if ($env:LIGHTVM_KILLED_SAVES) { [int] $env:LIGHTVM_KILLED_SAVES } else { 20 }
        # In dom0: one round of save (or start, if it is saved) and a kill at some moment of it; then what is there. A line each.
        $script = @'
socket=/run/lightvm/lightvmd.sock
ask() { curl -s --max-time 30 --unix-socket $socket -H 'Content-Type: application/json' "$@"; }
state() { ask http://x/v1/guests/kls-a | sed -E 's/.*"state":"([a-z]+)".*/\1/'; }
settled() { # running, or saved
    for try in $(seq 1 600); do
        s=$(state)
        case $s in running|saved) echo $s; return;; esac
        sleep 0.05
    done
    echo "$s"
}
for round in $(seq 1 $1); do
    before=$(settled)
    pid=$(systemctl show -p MainPID --value lightvmd)
    case $before in
    saved) ask -d '{"action":"start","names":["kls-a"]}' http://x/v1/guests/actions >/run/kls-answer & ;;
    *) ask -d "{\"names\":[\"kls-a\"],\"keep\":$([ $((RANDOM % 3)) = 0 ] && echo true || echo false)}" http://x/v1/guests/save >/run/kls-answer & ;;
    esac
    sleep 0.$(printf %03d $((RANDOM % $2)))
    kill -9 $pid
    wait
    after=$(settled)
    answered=$(grep -c '"results"' /run/kls-answer)
    domains=$(/mnt/out/native/lab/xen-domains | grep -c "$3")
    parts=$(ls /var/lib/lightvm/checkpoints | grep -c part)
    files=$(ls /var/lib/lightvm/checkpoints | grep -c 'auto.lvmck$')
    echo "$round $before $after $answered $domains $parts $files"
done
'@
        [IO.File]::WriteAllText("$CheckoutRoot/out/killed-saves.sh", $script)
    }
    AfterAll {
        Get-LightVM 'kls-*' | Remove-LightVM -Confirm:$false
        Get-LightVMCheckpoint | Where-Object GuestName -eq 'kls-a' | Remove-LightVMCheckpoint -Confirm:$false
    }

    It 'never has two of a guest, nor none, nor half a file' {
        $guest = New-LightVM kls-a hello -Memory 4MB -CommandLine 'interval=50'
        Wait-LightVM kls-a -Console 'tick 2'
        $lines = @(Invoke-Dom0Script "bash /mnt/out/killed-saves.sh $Rounds 400 $($guest.Id)")
        $lines | Should -HaveCount $Rounds
        $seen = @{}
        foreach ($line in $lines) {
            $number, $before, $after, $answered, $domains, $parts, $files = $line.Split(' ')
            $line | Should -Match '^\d+ (running|saved) (running|saved) '
            $domains | Should -Be ($after -eq 'running' ? 1 : 0) -Because "round '$line': one domain where it runs, none where it is saved"
            $parts | Should -Be 0 -Because "round '$line': what was half written is swept"
            if ($after -eq 'saved') { [int] $files | Should -BeGreaterOrEqual 1 -Because "round '$line': it is saved in a file" }
            $seen["$before-$after"] = $true
        }
        # What it remembers is what it had: it ticks on without a gap or a repetition, whatever was done to it.
        if ((Get-LightVM kls-a).State -eq 'Saved') { Start-LightVM kls-a -ErrorAction Stop }
        $last = @(Get-ConsoleNumber kls-a)[-1]
        $null = Wait-Until 'it to tick on' { @(Get-ConsoleNumber kls-a)[-1] -gt $last }
        $numbers = @(Get-ConsoleNumber kls-a)
        ($numbers -join ' ') | Should -Be (($numbers[0]..$numbers[-1]) -join ' ')
        $seen.Count | Should -BeGreaterOrEqual 2 -Because 'kills are to hit saves and restores'
    }
}
