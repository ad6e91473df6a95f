# Replicas behind one published port of a real Xen host, with a client that asks all the time: updates, broken images, a killed
# lightvmd. LIGHTVM_ROLLING_GUESTS says how many replicas; the bar was tried with 20.
BeforeAll {
    Import-Module "$PSScriptRoot/../../LightVM.psd1"
    $null = Start-LightVMLab
    . "$PSScriptRoot/Dom0.ps1"

    $count = if ($env:LIGHTVM_ROLLING_GUESTS) { [int] $env:LIGHTVM_ROLLING_GUESTS } else { 4 }
    $built = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../out/images")

    # An image named rolling, of the files of another.
    function Set-Image([string] $Source, [string] $Description) {
        $directory = [System.IO.Path]::Combine($TestDrive, 'rolling')
        if ([System.IO.Directory]::Exists($directory)) { [System.IO.Directory]::Delete($directory, $true) }
        $null = [System.IO.Directory]::CreateDirectory($directory)
        foreach ($file in [System.IO.Directory]::GetFiles("$built/$Source")) {
            [System.IO.File]::Copy($file, [System.IO.Path]::Combine($directory, [System.IO.Path]::GetFileName($file)))
        }
        $manifest = [System.IO.Path]::Combine($directory, 'image.json')
        $text = [System.IO.File]::ReadAllText($manifest) -replace '"name":\s*"[^"]*"', '"name": "rolling"' -replace '"description":\s*"[^"]*"', "`"description`": `"$Description`""
        [System.IO.File]::WriteAllText($manifest, $text)
    }

    function Set-Spec([string] $Page, [int] $Replicas = $count, [string] $More = '') {
        $path = [System.IO.Path]::Combine($TestDrive, 'rolling.yaml')
        [System.IO.File]::WriteAllText($path, @"
apiVersion: lightvm/v1
kind: Fleet
metadata: { name: rolling }
images:
  - { name: rolling, path: ./rolling }
guests:
  - name: rolling
    image: rolling
    replicas: $Replicas
    publish: ['12180:80']
    files: { /index.html: '$Page' }
    probes:
      ready: { http: 80, periodSeconds: 1 }
    update: { minHealthySeconds: 0, progressDeadline: 15, drainSeconds: 10 }
$More
"@)
        $path
    }

    # Requests over new connections to the published port, until Stop-Client.
    function Start-Client {
        $null = Invoke-Dom0Script @'
rm -f /run/rolling.*
for i in $(seq 25); do echo 'url = "http://127.0.0.1:12180/"'; echo 'output = "/dev/null"'; done > /run/rolling.curl
setsid bash -c 'while [ ! -e /run/rolling.stop ]; do curl -s -m 20 -H "Connection: close" -w "%{http_code} %{errormsg}\n" -K /run/rolling.curl; done' > /run/rolling.log 2>&1 < /dev/null &
'@
        $null = Wait-Until 'the client to be answered' { [int](Invoke-Dom0Script 'grep -c "^200" /run/rolling.log || true') -gt 0 }
    }

    # How many requests were answered, and which were not.
    function Stop-Client {
        $null = Invoke-Dom0Script 'touch /run/rolling.stop'
        $lines = @(Invoke-Dom0Script 'for i in $(seq 300); do pgrep -f [r]olling.curl >/dev/null || break; sleep 0.1; done; sort /run/rolling.log | uniq -c')
        $answered = 0
        foreach ($line in $lines) { if ($line -match '^\s*(\d+) 200 *$') { $answered += [int] $Matches[1] } }
        [pscustomobject]@{ Answered = $answered; Failed = @($lines -notmatch '^\s*\d+ 200 *$') -join '; ' }
    }

    function Get-Page { Invoke-Dom0Script 'curl -s -m 20 http://127.0.0.1:12180/' }
    function Get-Action { @($args[0] | ForEach-Object { if ($_.Kind -eq 'Guest') { "$($_.Action) $($_.Name) $($_.Status)" } }) }
}

AfterAll {
    $null = Invoke-Dom0Script 'touch /run/rolling.stop'
    $null = Set-Image http 'last'
    $null = Invoke-LightVMReconcile (Set-Spec one 0)
    Remove-LightVMImage rolling -ErrorAction SilentlyContinue
}

Describe 'Rolling updates behind a published port' {
    It 'spreads connections over the replicas that are ready' {
        Set-Image http 'first'
        @(Invoke-LightVMReconcile (Set-Spec one) -ErrorAction Stop | Where-Object Status -ne Succeeded) | Should -HaveCount 0
        Wait-LightVM 'rolling-*' -For Ready -Timeout 60 -ErrorAction Stop
        @(Get-LightVM 'rolling-*' | Where-Object IsReady).Count | Should -Be $count
        Get-Page | Should -BeExactly 'one'
        @(Invoke-LightVMReconcile (Set-Spec one)) | Should -HaveCount 0
        $led = Invoke-Dom0Script "for i in `$(seq $($count * 12)); do curl -s -m 20 -H 'Connection: close' http://127.0.0.1:12180/ >/dev/null; done; grep -o 'dport=12180 src=[0-9.]*' /proc/net/nf_conntrack | sort -u | wc -l"
        [int] $led | Should -BeGreaterThan 1
    }

    It 'changes one after the other, and no request fails' {
        Start-Client
        $domains = @(Get-LightVM 'rolling-*' | ForEach-Object DomainId)
        $results = @(Invoke-LightVMReconcile (Set-Spec two) -ErrorAction Stop)
        $client = Stop-Client
        @(Get-Action $results | Where-Object { $_ -notmatch '^Restart rolling-\d+ Succeeded$' }) | Should -HaveCount 0
        @(Get-LightVM 'rolling-*' | Where-Object DomainId -in $domains) | Should -HaveCount 0
        $client.Failed | Should -BeNullOrEmpty
        $client.Answered | Should -BeGreaterThan $count
        Get-Page | Should -BeExactly 'two'
    }

    It 'stops at the first that is broken, and takes it back, and no request fails' {
        $before = @(Get-LightVM 'rolling-*' | ForEach-Object { "$($_.Name) $($_.ImageDigest)" })
        Set-Image daytime 'no web server'
        Start-Client
        # -ErrorAction Stop ends the command at its end: what has begun is taken back all the same.
        try { $null = Invoke-LightVMReconcile (Set-Spec three) -ErrorAction Stop -OutVariable results } catch { $problem = $_ }
        $problem.FullyQualifiedErrorId | Should -BeLike 'UpdateFailed,*'
        $client = Stop-Client
        $client.Failed | Should -BeNullOrEmpty
        @(Get-Action $results)[0] | Should -BeExactly 'Replace rolling-1 Failed'
        @(Get-Action $results | Where-Object { $_ -match ' Blocked$' }).Count | Should -Be ($count - 1)
        $error1 = @($results | Where-Object Name -eq 'rolling-1')[0].Error
        $error1.Code | Should -BeExactly 'UpdateFailed'
        $error1.Detail | Should -BeLike '*It is what it was before, and ready.'
        @(Get-LightVM 'rolling-*' | ForEach-Object { "$($_.Name) $($_.ImageDigest)" }) | Should -Be $before
        Get-Page | Should -BeExactly 'two'
    }

    It 'goes on where lightvmd is killed' {
        Set-Image http 'first'
        $null = Invoke-LightVMReconcile (Set-Spec two) -ErrorAction Stop
        Start-Client
        $null = Invoke-Dom0Script 'kill -9 $(systemctl show -p MainPID --value lightvmd)'
        $null = Wait-Until 'lightvmd to be back' { try { @(Get-LightVM 'rolling-*' -ErrorAction Stop | Where-Object IsReady).Count -eq $count } catch { $false } }
        (Stop-Client).Failed | Should -BeNullOrEmpty
    }

    It 'leads no connection to a guest that is held, and leads them to it again' {
        for ($round = 0; $round -lt 5; $round++) {
            $address = (Get-LightVM rolling-1).Address
            Suspend-LightVM rolling-1 -ErrorAction Stop
            # When this returns, not some moment later: one more connection would wait for its time-out.
            Invoke-Dom0Script "nft list map inet lightvm spread4 | grep -c '$address ' || true" | Should -BeExactly '0'
            if ($round -eq 0) {
                Start-Client
                (Get-LightVM rolling-1).IsReady | Should -BeFalse
                (Stop-Client).Failed | Should -BeNullOrEmpty
            }
            Resume-LightVM rolling-1 -ErrorAction Stop
            Wait-LightVM rolling-1 -For Ready -Timeout 60 -ErrorAction Stop
            Invoke-Dom0Script "nft list map inet lightvm spread4 | grep -c '$address ' || true" | Should -Not -BeExactly '0'
        }
    }
}

Describe 'Probes' {
    BeforeAll { Set-Image http 'first' } # each Describe has a directory of its own

    It 'tells why a guest is not ready, treats one whose live probe fails as crashed, and makes dependents wait' {
        $more = @'
  - name: rolling-late
    image: rolling
    restartPolicy: always
    probes: { ready: { tcp: 81, periodSeconds: 1 } }
    update: { progressDeadline: 3 }
  - { name: rolling-after, image: rolling, dependsOn: [rolling-late] }
'@
        $results = @(Invoke-LightVMReconcile (Set-Spec two 0 $more) -ErrorAction SilentlyContinue)
        @(Get-Action $results) -match 'rolling-after' | Should -BeExactly 'Create rolling-after Blocked'
        $late = Wait-Until 'its probe to be answered' { Get-LightVM rolling-late | Where-Object ProbeMessage }
        $late.IsReady | Should -BeFalse
        $late.ProbeMessage | Should -BeExactly 'port 81 refused the connection'

        $more = $more -replace 'ready: \{ tcp: 81, periodSeconds: 1 \}', 'live: { tcp: 81, periodSeconds: 1, failureThreshold: 2 }, start: { console: . }'
        $null = Invoke-LightVMReconcile (Set-Spec two 0 $more) -ErrorAction SilentlyContinue
        $null = Wait-Until 'it to be started again' { (Get-LightVM rolling-late).RestartCount -gt 0 }
        @(Get-LightVMEvent -Name rolling-late | Where-Object Kind -eq GuestFault)[0].Message | Should -BeLike 'Its live probe fails*'
    }
}
