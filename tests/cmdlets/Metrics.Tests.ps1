# GET /metrics of a real host, as a collector in dom0 gets it.
Describe 'Metrics' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/../lab/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/http"
        Get-LightVM 'metric-*' | Remove-LightVM -Confirm:$false
        $web = New-LightVM metric-web http -NetworkAdapter default
        $null = Wait-LightVM metric-web -For Network
        $null = Invoke-Dom0 curl -sf --max-time 20 -o /dev/null "http://$($web.Address)/"

        function Get-Metric([string[]] $Lines, [string] $Sample) {
            foreach ($line in $Lines) {
                if ($line.StartsWith("$Sample ")) { return [double]::Parse($line.Substring($Sample.Length + 1), [Globalization.CultureInfo]::InvariantCulture) }
            }
        }
    }
    AfterAll {
        $null = Invoke-Dom0Script 'systemctl stop lightvm-metrics.timer; rm -rf /var/lib/prometheus/node-exporter'
        Get-LightVM 'metric-*' | Remove-LightVM -Confirm:$false
    }

    It 'tell of the guests as they are' {
        $lines = Invoke-Dom0 lightvmd metrics
        Get-Metric $lines 'lightvm_guest_up{guest="metric-web"}' | Should -Be 1
        Get-Metric $lines 'lightvm_guest_cpu_seconds_total{guest="metric-web"}' | Should -BeGreaterThan 0
        Get-Metric $lines 'lightvm_guest_network_transmit_bytes_total{guest="metric-web",adapter="0",network="default"}' | Should -BeGreaterThan 100
        Get-Metric $lines 'lightvm_guests{state="running"}' | Should -Be @(Get-LightVM -State Running).Count
        Get-Metric $lines 'lightvm_host_memory_bytes' | Should -Be (Get-LightVMHost).Memory
        Get-Metric $lines 'lightvm_data_plane_up' | Should -Be 1
    }

    It 'count starts and requests' {
        $lines = Invoke-Dom0 lightvmd metrics
        $before = (Get-Metric $lines 'lightvm_guest_start_duration_seconds_count{source="cold"}') + (Get-Metric $lines 'lightvm_guest_start_duration_seconds_count{source="pool"}')
        $null = New-LightVM metric-one, metric-two hello
        $lines = Invoke-Dom0 lightvmd metrics
        $after = (Get-Metric $lines 'lightvm_guest_start_duration_seconds_count{source="cold"}') + (Get-Metric $lines 'lightvm_guest_start_duration_seconds_count{source="pool"}')
        $after - $before | Should -Be 2
        Get-Metric $lines 'lightvm_daemon_requests_total{method="GET",route="/metrics",code="200"}' | Should -BeGreaterThan 1
    }

    It 'are where a collector of text files looks, and go when the daemon does' {
        $null = Invoke-Dom0Script 'mkdir -p /var/lib/prometheus/node-exporter && systemctl start lightvm-metrics.service'
        [int](Invoke-Dom0Script 'grep -c metric-web /var/lib/prometheus/node-exporter/lightvm.prom') | Should -BeGreaterThan 3
        $null = Invoke-Dom0Script 'systemctl start lightvm-metrics.timer && rm /var/lib/prometheus/node-exporter/lightvm.prom'
        $null = Wait-Until 'the timer' { Invoke-Dom0Script 'ls /var/lib/prometheus/node-exporter' } 60
        $null = Invoke-Dom0Script 'systemctl stop lightvm-metrics.timer lightvmd; systemctl start lightvm-metrics.service; systemctl start lightvmd'
        Invoke-Dom0Script 'ls /var/lib/prometheus/node-exporter' | Should -BeNullOrEmpty
        (Get-LightVM metric-web).State | Should -Be 'Running'
    }
}
