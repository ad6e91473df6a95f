Describe 'Receive-LightVMConsole' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'con-*' | Remove-LightVM -Confirm:$false
    }
    AfterAll { Get-LightVM 'con-*' | Remove-LightVM -Confirm:$false }

    It 'writes what is logged, then returns' {
        $guest = New-LightVM con-a hello
        Wait-LightVM con-a -Console 'tick 2'
        $lines = @(Receive-LightVMConsole con-a)
        $lines[0] | Should -BeExactly 'Hello from LightVM'
        $lines[1] | Should -BeExactly "uuid $($guest.Id)"
        $lines | Should -Contain 'tick 2'
    }

    It 'writes strings that know their guest, number and time' {
        $null = New-LightVM con-props hello
        Wait-LightVM con-props -Console 'tick 1'
        $lines = @(Receive-LightVMConsole con-props)
        $lines[0] | Should -BeOfType ([string])
        $lines[0].VMName | Should -BeExactly 'con-props'
        $lines[0].Sequence | Should -Be 1
        $lines[1].Sequence | Should -Be 2
        $lines[0].Time | Should -BeOfType ([DateTimeOffset])
    }

    It 'begins with the last lines with -Tail' {
        $null = New-LightVM con-tail hello -CommandLine 'burst=10 exit=1'
        Wait-LightVM con-tail -For Stopped -ErrorAction Stop
        @(Receive-LightVMConsole con-tail -Tail 2) -join '|' | Should -BeExactly 'burst 9|burst 10'
        @(Receive-LightVMConsole con-tail -Tail 0) | Should -HaveCount 0
    }

    It 'stays until the guest ends with -Follow, and loses no line' {
        $lines = @(New-LightVM con-follow hello -CommandLine 'interval=100 count=20' | Receive-LightVMConsole -Follow)
        @($lines | Where-Object { $_ -like 'tick *' }) -join ' ' | Should -BeExactly (@(1..20 | ForEach-Object { "tick $_" }) -join ' ')
        Wait-LightVM con-follow -For Stopped -ErrorAction Stop
    }

    It 'keeps up with a guest that prints as fast as it can' {
        $lines = @(New-LightVM con-burst hello -CommandLine 'burst=500 exit=1' | Receive-LightVMConsole -Follow | Where-Object { $_ -like 'burst *' })
        $lines | Should -HaveCount 500
        $lines[499] | Should -BeExactly 'burst 500'
    }

    It 'follows several guests at once' {
        $lines = @(New-LightVM con-two hello -Count 2 -CommandLine 'interval=100 count=5' | Receive-LightVMConsole -Follow)
        @($lines | Where-Object { $_.VMName -eq 'con-two-1' -and $_ -like 'tick *' }) | Should -HaveCount 5
        @($lines | Where-Object { $_.VMName -eq 'con-two-2' -and $_ -like 'tick *' }) | Should -HaveCount 5
    }

    It 'ends when the pipeline is stopped' {
        $null = New-LightVM con-stop hello
        $ps = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            $null = $ps.AddScript("Import-Module '$PSScriptRoot/../../LightVM.psd1'; Receive-LightVMConsole con-stop -Follow")
            $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
            $running = $ps.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]]::new(), $output)
            while ($output.Count -eq 0 -and -not $running.IsCompleted) { $null = $running.AsyncWaitHandle.WaitOne(50) }
            $output.Count | Should -BeGreaterThan 0
            $ps.Stop()
            $ps.InvocationStateInfo.State | Should -Be 'Stopped'
        } finally {
            $ps.Dispose()
        }
        (Get-LightVM con-stop).State | Should -Be 'Running'
    }
}

Describe 'Enter-LightVMConsole' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello"
        Get-LightVM 'enter-*' | Remove-LightVM -Confirm:$false
    }
    AfterAll { Get-LightVM 'enter-*' | Remove-LightVM -Confirm:$false }

    It 'needs a terminal' {
        $null = New-LightVM enter-none hello -NoStart
        { Enter-LightVMConsole enter-none -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState,LightVM.PowerShell.EnterLightVMConsoleCommand'
    }

    It 'carries keys and lines in a terminal, tells its size, and leaves it as it was' {
        $null = New-LightVM enter-echo hello -CommandLine 'echo=1 interval=600000'
        Wait-LightVM enter-echo -Console 'tick 1|Hello' -ErrorAction Stop
        $module = [IO.Path]::GetFullPath("$PSScriptRoot/../../LightVM.psd1")
        $shell = [IO.Path]::GetFullPath("$PSScriptRoot/../../out/shell/lightvm")
        $command = "stty cols 91 rows 23; stty -g; $shell -c `"Import-Module '$module'; Connect-LightVMHost '$((Get-LightVMLab).Endpoint)' | Out-Null; Enter-LightVMConsole enter-echo`"; stty -g; echo over"
        $start = [Diagnostics.ProcessStartInfo]::new('script', [string[]] @('-qfec', $command, '/dev/null'))
        $start.RedirectStandardInput = $true
        $start.RedirectStandardOutput = $true
        $process = [Diagnostics.Process]::Start($start)
        try {
            $text = [Text.StringBuilder]::new()
            $buffer = [char[]]::new(1024)
            function Read-Until([string] $Pattern) {
                $clock = [Diagnostics.Stopwatch]::StartNew()
                while ("$text" -notmatch $Pattern) {
                    if ($clock.Elapsed.TotalSeconds -gt 120) { throw "no '$Pattern' in: $text" }
                    $read = $process.StandardOutput.ReadAsync($buffer, 0, $buffer.Length)
                    if (-not $read.Wait(120000)) { throw "no '$Pattern' in: $text" }
                    if ($read.Result -eq 0) { throw "ended without '$Pattern': $text" }
                    $null = $text.Append($buffer, 0, $read.Result)
                }
            }
            Read-Until 'Hello from LightVM'
            Read-Until 'window: 91 columns, 23 rows'
            $process.StandardInput.Write("who is there`r")
            $process.StandardInput.Flush()
            Read-Until 'you said: who is there'
            $process.StandardInput.Write([string][char]0x1d)
            $process.StandardInput.Flush()
            Read-Until 'left enter-echo'
            Read-Until 'over'
            $modes = @("$text" -split "`r?`n" | Where-Object { $_ -match '^[0-9a-f]+(:[0-9a-f]+){10,}$' })
            $modes | Should -HaveCount 2
            $modes[1] | Should -BeExactly $modes[0]
        } finally {
            if (-not $process.HasExited) { $process.Kill() }
            $process.Dispose()
        }
        (Get-LightVM enter-echo).State | Should -Be 'Running'
    }
}
