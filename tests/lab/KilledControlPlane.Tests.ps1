# lightvmd dies by SIGKILL: no guest is lost, nothing unconfirmed stays, and it serves again.
Describe 'lightvmd killed with SIGKILL' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage -Path "$PSScriptRoot/../../out/images/hello"
        function Stop-Daemon { $null = Invoke-Dom0Script 'kill -9 $(pidof lightvmd)' }
        function Wait-Daemon { $null = Wait-Until 'lightvmd to serve again' { try { Get-LightVMHost -ErrorAction Stop } catch { $null } } }
    }
    AfterAll { Get-LightVM -Name 'kcp-*' | Remove-LightVM -Confirm:$false }

    It 'keeps 100 guests that run and print, and they obey the next lightvmd' {
        $made = @(New-LightVM -Name kcp -Count 100 -Image hello -Memory 4MB -CommandLine 'interval=500')
        $made | Should -HaveCount 100
        foreach ($round in 1..3) {
            Stop-Daemon
            Wait-Daemon
            $now = @(Get-LightVM -Name 'kcp-*')
            $now | Should -HaveCount 100
            @($now | Where-Object State -ne 'Running') | Should -HaveCount 0
            (@($now | ForEach-Object { $_.DomainId }) -join ' ') | Should -Be (@($made | ForEach-Object { $_.DomainId }) -join ' ')
        }
        foreach ($name in 'kcp-1', 'kcp-50', 'kcp-100') {
            $numbers = @(Get-ConsoleNumber $name)
            $numbers.Count | Should -BeGreaterThan 0
            ($numbers -join ' ') | Should -Be ((1..$numbers[-1]) -join ' ')
        }
        Get-LightVM -Name 'kcp-*' | Stop-LightVM -Timeout 60
        @(Get-LightVM -Name 'kcp-*' | Where-Object State -ne 'Stopped') | Should -HaveCount 0
        Get-LightVM -Name 'kcp-*' | Remove-LightVM -Confirm:$false
    }

    It 'keeps just what it had confirmed of guests that were being created' {
        # Single requests by curl, in dom0, one after the other: what has an answer is confirmed.
        $script = 'for i in $(seq 1 60); do curl -s --max-time 20 --unix-socket /run/lightvm/lightvmd.sock ' +
            '-H "Content-Type: application/json" -d "{\"guests\":[{\"name\":\"kcp-c$i\",\"image\":\"hello\",\"memory\":4194304}]}" ' +
            'http://lightvm/v1/guests | grep -q "\"guest\":" && echo kcp-c$i >> /run/kcp-confirmed; done; true'
        foreach ($round in 1..2) {
            $null = Invoke-Dom0Script ': > /run/kcp-confirmed'
            $job = [PowerShell]::Create([InitialSessionState]::CreateDefault2()).AddScript('param($tool, $root, $lab, $script) & $tool exec --root $root --name $lab -- bash -c $script').
                AddArgument($LabTool).AddArgument($CheckoutRoot).AddArgument($LabName).AddArgument($script)
            $running = $job.BeginInvoke()
            try {
                $null = Wait-Until 'some guests to be confirmed' { [int](Invoke-Dom0Script 'wc -l < /run/kcp-confirmed') -ge 20 }
                Stop-Daemon
            }
            finally {
                $null = $job.EndInvoke($running)
                $job.Dispose()
            }
            Wait-Daemon
            $confirmed = @(Invoke-Dom0 cat /run/kcp-confirmed)
            $there = @(Get-LightVM -Name 'kcp-c*')
            # Each that was answered is there; and what is there without an answer was at most the one in flight.
            @($confirmed | Where-Object { $_ -notin $there.Name }) | Should -HaveCount 0
            @($there | Where-Object { $_.Name -notin $confirmed }).Count | Should -BeLessOrEqual 1
            @($there | Where-Object State -ne 'Running') | Should -HaveCount 0
            @(Get-XenDomain).Count | Should -Be (@(Get-LightVM | Where-Object DomainId).Count)
            $there | Remove-LightVM -Confirm:$false
        }
    }

    It 'leaves nothing of a batch that was not answered' {
        $before = @(Get-XenDomain).Count
        $body = '{"guests":[' + (@(1..400 | ForEach-Object { '{"name":"kcp-b' + $_ + '","image":"hello","memory":4194304}' }) -join ',') + ']}'
        [IO.File]::WriteAllText("$CheckoutRoot/out/kcp-batch.json", $body)
        # The kill is to come while the batch is under way; on a busy machine it may come too late, then once more.
        foreach ($try in 1..5) {
            $null = Invoke-Dom0Script ('curl -s --unix-socket /run/lightvm/lightvmd.sock -H "Content-Type: application/json" ' +
                '--data-binary @/mnt/out/kcp-batch.json http://lightvm/v1/guests > /run/kcp-batch.answer 2>&1 & ' +
                'for i in $(seq 1 1000); do n=$(/mnt/out/native/lab/xen-domains | wc -l); [ $n -ge ' + ($before + 20) + ' ] && break; done; ' +
                'kill -9 $(pidof lightvmd); wait; true')
            Wait-Daemon
            $answered = (Invoke-Dom0Script 'grep -c results /run/kcp-batch.answer || true') -ne '0'
            @(Get-LightVM -Name 'kcp-b*') | Should -HaveCount ($answered ? 400 : 0)
            @(Get-XenDomain).Count | Should -Be ($before + ($answered ? 400 : 0))
            Get-LightVM -Name 'kcp-b*' | Remove-LightVM -Confirm:$false
            if (-not $answered) { break }
        }
        $answered | Should -BeFalse -Because 'one of the tries has to hit the batch under way'
    }
}
