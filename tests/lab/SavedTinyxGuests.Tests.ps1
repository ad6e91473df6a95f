# Debian's nginx in a Tinyx guest that is saved and restored: a client's connection stays open meanwhile, and serves its next request.
# A clone would have the source's address: it is refused.
BeforeDiscovery {
    $script:Types = @(@{ Type = 'Pv' }, @{ Type = 'Pvh' })
}

Describe 'A saved Tinyx guest' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $script:CanPvh = @(Invoke-Dom0 cat /sys/hypervisor/properties/capabilities) -match 'hvm'
        Get-LightVM 'tsv-*' | Remove-LightVM -Confirm:$false
        $null = Build-TinyxImage nginx -Command 'nginx -g "daemon off;"' -Port 80 -Name tsv-web -OutputDirectory "$TestDrive/web" | Import-LightVMImage -Force

        # A client in dom0 with one connection: it asks for a page, waits for a word, and asks again. What it is told comes to /run/NAME.1 and .2.
        function Start-Client([string] $Name, [string] $Address) {
            $request = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'
            $answer = 'sed -u /^..html/q <&3' # to the page's last line
            $null = Invoke-Dom0Script ("rm -f /run/$Name.*; setsid bash -c 'exec 3<>/dev/tcp/$Address/80 || exit; printf `"$request`" >&3; $answer >/run/$Name.part; mv /run/$Name.part /run/$Name.1; " +
                "until [ -e /run/$Name.go ]; do sleep 0.2; done; printf `"$request`" >&3; $answer >/run/$Name.part; mv /run/$Name.part /run/$Name.2' </dev/null >/dev/null 2>&1 &")
        }
        function Get-Answer([string] $Name, [int] $Number) {
            Wait-Until "answer $Number of $Name" { Invoke-Dom0Script "head -n 1 /run/$Name.$Number 2>/dev/null || true" } 120
        }
    }
    AfterAll {
        Get-LightVM 'tsv-*' | Remove-LightVM -Confirm:$false
        Get-LightVMImage 'tsv-*' | Remove-LightVMImage
        $null = Invoke-Dom0Script 'rm -f /run/tsv-*'
    }

    It 'goes on with its connections: <Type>' -ForEach $Types {
        if ($Type -eq 'Pvh' -and -not $CanPvh) { Set-ItResult -Skipped -Because 'this host runs no PVH guests'; return }
        $name = "tsv-$($Type.ToLowerInvariant())"
        $null = Invoke-Start { New-LightVM $name tsv-web -Type $Type -ErrorAction Stop }
        $address = (Get-LightVM $name).Address
        $null = Wait-Until "$name to answer" { Invoke-Dom0Script "curl -s -m 5 http://$address/ || true" } 120
        Start-Client $name $address
        Get-Answer $name 1 | Should -BeLike 'HTTP/1.1 200 OK*'
        Save-LightVM $name -Timeout 60
        (Get-LightVM $name).State | Should -Be 'Saved'
        $null = Restore-LightVM -Name $name
        (Get-LightVM $name).Address | Should -BeExactly $address
        $null = Invoke-Dom0 touch "/run/$name.go"
        Get-Answer $name 2 | Should -BeLike 'HTTP/1.1 200 OK*'
        # New ones too, and it ends in order.
        Invoke-Dom0Script "curl -s -m 30 -o /dev/null -w '%{http_code}' http://$address/" | Should -Be 200
        Stop-LightVM $name -Timeout 60
        (Get-LightVM $name).State | Should -Be 'Stopped'
    }

    It 'is not cloned: two guests would have one address, and the error says what to do' {
        $null = New-LightVM tsv-one tsv-web
        Copy-LightVM tsv-one -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeExactly 'InvalidState,LightVM.PowerShell.CopyLightVMCommand'
        $problems[0].ErrorDetails.RecommendedAction | Should -Match 'New-LightVM'
        @(Get-LightVM 'tsv-one*') | Should -HaveCount 1
    }
}
