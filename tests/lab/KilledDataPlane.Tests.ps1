# lightvm-io dies by SIGKILL, again and again, while guests print: no line is lost, none comes twice.
Describe 'lightvm-io killed with SIGKILL' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage -Path "$PSScriptRoot/../../out/images/hello"
        function Wait-DataPlane { $null = Wait-Until 'the data plane to be back' { (Get-LightVMHost).DataPlane } }
    }
    AfterAll { Get-LightVM -Name 'kdp-*' | Remove-LightVM -Confirm:$false }

    It 'loses and doubles no line of 100 guests that print' {
        $null = New-LightVM -Name kdp -Count 100 -Image hello -Memory 4MB -CommandLine 'interval=300'
        foreach ($round in 1..10) {
            $null = Invoke-Dom0Script 'kill -9 $(pidof lightvm-io); true'
            Wait-DataPlane
        }
        $guests = @(Get-LightVM -Name 'kdp-*')
        @($guests | Where-Object State -ne 'Running') | Should -HaveCount 0
        # Every one still prints after the last kill.
        $guests | Stop-LightVM -Timeout 120
        @(Get-LightVM -Name 'kdp-*' | Where-Object State -ne 'Stopped') | Should -HaveCount 0
        foreach ($guest in $guests) {
            $lines = @(Receive-LightVMConsole -Name $guest.Name)
            (@($lines | ForEach-Object { $_.Sequence }) -join ' ') | Should -Be ((1..$lines.Count) -join ' ')
            $numbers = @($lines | ForEach-Object { if ($_ -match '^tick (\d+)$') { [int] $Matches[1] } })
            ($numbers -join ' ') | Should -Be ((1..$numbers.Count) -join ' ')
            $lines[-1] | Should -Be 'Goodbye: the host asked for an end'
        }
        $guests | Remove-LightVM -Confirm:$false
    }

    It 'a guest that has filled its ring waits, and goes on' {
        # 3,000 lines are more than a ring (2 KB) holds and less than the log keeps.
        $null = New-LightVM -Name kdp-burst -Image hello -Memory 4MB -CommandLine 'burst=3000 exit=1' -NoStart
        Start-LightVM -Name kdp-burst
        $null = Invoke-Dom0Script 'kill -9 $(pidof lightvm-io); true'
        Wait-DataPlane
        Wait-LightVM -Name kdp-burst -For Stopped -Timeout 120
        ((Get-ConsoleNumber kdp-burst burst) -join ' ') | Should -Be ((1..3000) -join ' ')
        Remove-LightVM -Name kdp-burst -Confirm:$false
    }

    It 'runs without privileges and under seccomp' {
        $status = @(Invoke-Dom0Script 'cat /proc/$(pidof lightvm-io)/status')
        ($status -match '^Uid:') | Should -Not -Match '\s0\s'
        ($status -match '^CapEff:') | Should -Match '0000000000000000'
        ($status -match '^NoNewPrivs:') | Should -Match '1'
        ($status -match '^Seccomp:') | Should -Match '2'
    }
}
