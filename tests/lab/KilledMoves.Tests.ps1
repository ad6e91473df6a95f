# Moves that are cut off by SIGKILL of either daemon, or of the mover: never two copies that run, never none in the end. Boots a second lab.
# LIGHTVM_MOVE_KILLS says how many (default 6; the runner's --timeout has to allow 8 s for each); out/log/killed-moves.log tells of each.
Describe 'Moves that are cut off' -Tag Lab, Boot {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        . "$PSScriptRoot/Wire.ps1"
        $second = Start-LightVMLab -Name second -Memory 2GB
        $first = Start-LightVMLab
        $one, $two = $first.Name, $second.Name
        $endpoints = @($first.Endpoint, $second.Endpoint)
        $hosts = @($one, $two)
        $labs = @('default', 'second')
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello" -HostName $hosts
        function Wait-Daemon([string] $Name) { $null = Wait-Until "lightvmd of $Name to serve again" { try { Get-LightVMHost -HostName $Name -ErrorAction Stop } catch { $null } } }
        # A mover of its own, which has its connections when it is told to begin.
        function Start-Mover([int] $From) {
            $command = ("`$null = Get-LightVMHost -HostName '{0}', '{1}'; [Console]::Out.WriteLine('ready'); `$null = [Console]::In.ReadLine(); " +
                "Move-LightVM kill-a -HostName '{0}' -Destination '{1}' -ErrorAction Stop") -f $endpoints[$From], $endpoints[1 - $From]
            $start = [Diagnostics.ProcessStartInfo]::new("$CheckoutRoot/out/shell/lightvm", [string[]] @('-c', $command))
            $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
            $mover = [Diagnostics.Process]::Start($start)
            $mover.StandardOutput.ReadLine() | Should -Be 'ready'
            $mover
        }
        function Get-Copy([Guid] $Id) {
            foreach ($i in 0, 1) { foreach ($domain in Get-LabDomain $labs[$i]) { if ($domain.Uuid -eq $Id) { [PSCustomObject]@{ Lab = $i; Flags = $domain.Flags } } } }
        }
    }
    AfterAll {
        Get-LightVM 'kill-*' -HostName $hosts | Where-Object State -notin 'Incoming', 'InDoubt' | Remove-LightVM -Confirm:$false
        Get-LightVM 'kill-*' -HostName $hosts | Resolve-LightVMMove -RunAt Destination -Confirm:$false
        Get-LightVM 'kill-*' -HostName $hosts | Remove-LightVM -Confirm:$false
        Stop-LightVMLab -Name second
        $null = Start-LightVMLab
    }

    It 'at random points have one copy in the end, whoever was killed' {
        $kills = if ($env:LIGHTVM_MOVE_KILLS) { [int] $env:LIGHTVM_MOVE_KILLS } else { 6 }
        $guest = New-LightVM kill-a hello -Memory 4MB -CommandLine 'interval=200' -HostName $one
        $at = 0
        $cut = 0
        $seed = [Random]::Shared.Next()
        $random = [Random]::new($seed)
        $log = "$CheckoutRoot/out/log/killed-moves.log"
        [IO.File]::WriteAllText($log, "seed $seed`n")
        # Nobody knows how long a move takes on the machine that this runs on: the first is not disturbed, and timed; later on, kills that
        # come too late bring the next ones forward.
        $mover = Start-Mover $at
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $mover.StandardInput.WriteLine('go')
        $mover.WaitForExit()
        $mover.ExitCode | Should -Be 0 -Because $mover.StandardError.ReadToEnd()
        $within = $clock.ElapsedMilliseconds
        $at = 1 - $at
        foreach ($i in 1..$kills) {
            $from, $to = $hosts[$at], $hosts[1 - $at]
            $who = @('source', 'destination', 'mover')[$i % 3]
            $mover = Start-Mover $at
            # A daemon's kill waits in its dom0: its way there takes longer than a move.
            $delay = $random.Next(0, [int] $within)
            $victim = switch ($who) { 'source' { $labs[$at] } 'destination' { $labs[1 - $at] } }
            if ($victim) {
                $null = Invoke-Lab $victim ("rm -f /run/move-killed; (sleep {0:0.000}; kill -9 `$(pidof lightvmd); touch /run/move-killed) >/dev/null 2>&1 </dev/null & true" -f ($delay / 1000))
            }
            $mover.StandardInput.WriteLine('go')
            if ($victim) { $null = Wait-Until "the kill in $victim" { Invoke-Lab $victim '[ ! -e /run/move-killed ] || echo yes' } }
            else {
                $null = [Threading.Thread]::CurrentThread.Join($delay)
                if (-not $mover.HasExited) { $mover.Kill() }
            }
            $mover.WaitForExit()
            if ($mover.ExitCode -ne 0) { $cut++ }
            $within = [Math]::Max(50, $within * ($mover.ExitCode -eq 0 ? 0.7 : 1.2))
            $hosts | ForEach-Object { Wait-Daemon $_ }
            $why = "seed $seed, kill $i of the $who after $delay ms"
            # Never two: at most one of all its domains runs: is neither dying, nor suspended, nor paused.
            @(Get-Copy $guest.Id | Where-Object { -not ($_.Flags -band 7) }).Count | Should -BeLessOrEqual 1 -Because $why
            $between = "$((Get-LightVM 'kill-a*' -HostName $from).State) at the source, $((Get-LightVM 'kill-a*' -HostName $to).State) at the destination"
            # Run again, it comes to its end, as often as it takes for what was cut off to be noticed.
            $null = Wait-Until "the move to come to its end ($why)" {
                Move-LightVM kill-a -Destination $to -HostName $from -ErrorAction SilentlyContinue -ErrorVariable failed
                $there = Get-LightVM 'kill-a*' -HostName $to
                $there -and $there.State -eq 'Running' -and -not $there.Move -and -not (Get-LightVM 'kill-a*' -HostName $from)
            } 120
            $copies = @(Get-Copy $guest.Id)
            $copies | Should -HaveCount 1 -Because $why
            $copies[0].Lab | Should -Be (1 - $at) -Because $why
            [IO.File]::AppendAllText($log, "$why; the mover ended with $($mover.ExitCode); in between: $between`n")
            $at = 1 - $at
        }
        $cut | Should -BeGreaterThan 0 -Because "of $kills kills one has to come in time (seed $seed)"
        # It is the very guest that was made: it ticks on, and was never started anew.
        $ticks = @(Receive-LightVMConsole kill-a -HostName $hosts[$at] | ForEach-Object { if ($_ -match '^tick (\d+)') { [int] $Matches[1] } })
        $null = Wait-Until 'it to tick' { @(Receive-LightVMConsole kill-a -HostName $hosts[$at] | Where-Object { $_ -match '^tick (\d+)' }).Count -gt $ticks.Count }
        Remove-LightVM kill-a -HostName $hosts[$at] -Confirm:$false
    }
}
