Describe 'Ports' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/daytime", "$PSScriptRoot/../../out/images/http"
        Get-LightVM 'port-*' | Remove-LightVM -Confirm:$false

        # What a port of this machine answers to a request; all of it.
        function Read-Port([int] $Port, [string] $Request = '') {
            $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $Port)
            try {
                $client.ReceiveTimeout = 60000
                $stream = $client.GetStream()
                if ($Request) { $stream.Write([Text.Encoding]::ASCII.GetBytes($Request)) }
                $client.Client.Shutdown('Send')
                [IO.StreamReader]::new($stream).ReadToEnd()
            } finally {
                $client.Dispose()
            }
        }

        $null = New-LightVM port-time daytime -Publish 12013:13
        $null = New-LightVM port-page http -FileContent @{ '/index.html' = 'a page of files'; '/deep/er.txt' = 'deeper' } -Publish 12080:80
        Wait-LightVM port-time, port-page -For Ready -Timeout 120 -ErrorAction Stop
    }
    AfterAll {
        Close-LightVMPort 'port-*'
        Get-LightVM 'port-*' | Remove-LightVM -Confirm:$false
    }

    It 'leads to a guest through the connection of the session' {
        $port = Open-LightVMPort port-time 13
        $port.GuestName | Should -BeExactly 'port-time'
        Read-Port $port.LocalPort | Should -Match '\d\d:\d\d:\d\d'
        foreach ($again in 1..20) { Read-Port $port.LocalPort | Should -Match '\d\d:\d\d:\d\d' }
        $port.Connections | Should -Be 21
        @(Get-LightVMPort port-time) | Should -HaveCount 1
        Close-LightVMPort port-time
        $port.IsOpen | Should -BeFalse
        { Read-Port $port.LocalPort } | Should -Throw
    }

    It 'serves the files that the guest was given' {
        $port = Open-LightVMPort port-page -Port 80
        Read-Port $port.LocalPort "GET / HTTP/1.0`r`n`r`n" | Should -Match 'a page of files$'
        Read-Port $port.LocalPort "GET /deep/er.txt HTTP/1.0`r`n`r`n" | Should -Match 'deeper$'
        (Get-LightVM port-page).Files -join ' ' | Should -BeExactly '/deep/er.txt /index.html'
        $port | Close-LightVMPort
    }

    It 'says why where nobody listens' {
        $port = Open-LightVMPort port-time 99
        { $text = Read-Port $port.LocalPort; if (-not $text) { throw 'empty' } } | Should -Throw
        $port.LastError | Should -Match '99'
        Close-LightVMPort port-time 99
        (Get-LightVM port-time).State | Should -Be 'Running'
    }

    It 'refuses a local port that is taken' {
        $port = Open-LightVMPort port-time 13
        { Open-LightVMPort port-time 13 -LocalPort $port.LocalPort -ErrorAction Stop } | Should -Throw -ErrorId 'PortInUse,LightVM.PowerShell.OpenLightVMPortCommand'
        $port | Close-LightVMPort
    }

    It 'publishes ports of the host, and others live' {
        (Get-LightVM port-time).Publish -join ' ' | Should -BeExactly '12013:13'
        { New-LightVM port-second daytime -Publish 12013:13 -ErrorAction Stop } | Should -Throw -ErrorId 'PortInUse,LightVM.PowerShell.NewLightVMCommand'
        $now = Set-LightVM port-time -Publish 12014:13, 12015:13 -PassThru
        $now.Publish -join ' ' | Should -BeExactly '12014:13 12015:13'
        $now.State | Should -Be 'Running'
        Wait-LightVM port-time -For Ready -Timeout 60 -ErrorAction Stop
        (Set-LightVM port-time -Publish @() -PassThru).Publish | Should -HaveCount 0
    }
}
