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
        # In dom0: rounds of a save (or a start, if it is saved), a kill at some moment of it, and what is there then: a line each.
        # In Perl, which every Debian has: a process of its own for each request would take longer to start than a save takes.
        $script = @'
use strict;
use IO::Socket::UNIX;
use Time::HiRes qw(time sleep);
my ($rounds, $id) = @ARGV;
my $directory = '/var/lib/lightvm/checkpoints';
sub connection { IO::Socket::UNIX->new(Peer => '/run/lightvm/lightvmd.sock') }
sub request { # CONNECTION METHOD PATH JSON
    my ($socket, $method, $path, $json) = @_;
    $socket->print("$method /v1/guests/$path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
        'Content-Type: application/json', "\r\nContent-Length: ", length $json, "\r\n\r\n", $json);
    $socket->flush;
}
sub answer { my ($socket) = @_; local $/; my $all = <$socket>; $all // '' }
sub settled { # running or saved, or what it still was after a minute
    my $state = 'unknown';
    for (1 .. 1200) {
        if (my $socket = connection()) {
            request($socket, 'GET', 'kls-a', '');
            ($state) = answer($socket) =~ /"state":"(\w+)"/ or $state = 'unknown';
            return $state if $state =~ /^(running|saved)$/;
        }
        sleep 0.05;
    }
    $state;
}
sub act { # STATE KEEP: the request is under way
    my ($state, $keep) = @_;
    my $socket = connection() or die "lightvmd does not serve: $!";
    if ($state eq 'saved') { request($socket, 'POST', 'actions', '{"action":"start","names":["kls-a"]}') }
    else { request($socket, 'POST', 'save', qq({"names":["kls-a"],"keep":$keep})) }
    $socket;
}
$SIG{PIPE} = 'IGNORE'; # of killed daemons; when the test itself is gone, a line cannot be written, and that ends this
$| = 1;
# Nobody knows how long a save takes on the machine that this runs on: the first is not disturbed, and timed; later on, kills that come
# too late bring the next ones forward, and those that come in time may come later.
alarm 90; # for the first, and for each round: a daemon that does not answer ends this, and so the test
my $began = time;
answer(act(settled(), 'false'));
my $window = time - $began;
for my $round (1 .. $rounds) {
    alarm 90;
    my $before = settled();
    chomp(my $pid = `systemctl show -p MainPID --value lightvmd`);
    my $keep = rand 3 < 1 ? 'true' : 'false';
    my $delay = rand $window;
    my $socket = act($before, $keep);
    sleep $delay;
    kill KILL => $pid;
    my $answered = answer($socket) =~ /"results"/ ? 1 : 0;
    my $after = settled();
    $window *= $answered ? 0.8 : 1.2;
    my $domains = grep { /$id/ } `/mnt/out/native/lab/xen-domains`;
    opendir my $listing, $directory or die "$directory: $!";
    my @files = readdir $listing;
    my ($parts, $whole) = (scalar(grep { /part/ } @files), scalar(grep { /auto\.lvmck$/ } @files));
    printf "%d %s %s %d %d %d %d, keep %s, killed after %d ms\n", $round, $before, $after, $answered, $domains, $parts, $whole, $keep, $delay * 1000 or die "$!";
}
'@
        [IO.File]::WriteAllText("$CheckoutRoot/out/killed-saves.pl", $script)
    }
    AfterAll {
        Get-LightVM 'kls-*' | Remove-LightVM -Confirm:$false
        Get-LightVMCheckpoint | Where-Object GuestName -eq 'kls-a' | Remove-LightVMCheckpoint -Confirm:$false
    }

    It 'never has two of a guest, nor none, nor half a file' {
        $guest = New-LightVM kls-a hello -Memory 4MB -CommandLine 'interval=50'
        Wait-LightVM kls-a -Console 'tick 2'
        $lines = @(Invoke-Dom0Script "perl /mnt/out/killed-saves.pl $Rounds $($guest.Id)")
        $lines | Should -HaveCount $Rounds
        $seen = @{}
        $cut = 0
        foreach ($line in $lines) {
            $number, $before, $after, $answered, $domains, $parts, $files = $line.Split(',')[0].Split(' ')
            $line | Should -Match '^\d+ (running|saved) (running|saved) '
            $domains | Should -Be ($after -eq 'running' ? 1 : 0) -Because "round '$line': one domain where it runs, none where it is saved"
            $parts | Should -Be 0 -Because "round '$line': what was half written is swept"
            if ($after -eq 'saved') { [int] $files | Should -BeGreaterOrEqual 1 -Because "round '$line': it is saved in a file" }
            $seen["$before-$after"] = $true
            if ($answered -eq '0') { $cut++ }
        }
        # What it remembers is what it had: it ticks on without a gap or a repetition, whatever was done to it.
        if ((Get-LightVM kls-a).State -eq 'Saved') { Start-LightVM kls-a -ErrorAction Stop }
        $last = @(Get-ConsoleNumber kls-a)[-1]
        $null = Wait-Until 'it to tick on' { @(Get-ConsoleNumber kls-a)[-1] -gt $last }
        $numbers = @(Get-ConsoleNumber kls-a)
        ($numbers -join ' ') | Should -Be (($numbers[0]..$numbers[-1]) -join ' ')
        $seen.Count | Should -BeGreaterOrEqual 2 -Because "kills are to hit saves and restores:`n$($lines -join "`n")"
        $cut | Should -BeGreaterThan 0 -Because "kills are to come in time:`n$($lines -join "`n")"
    }
}
