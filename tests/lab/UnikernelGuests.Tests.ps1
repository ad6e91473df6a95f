# The unikernels' files, environment and disks, by lightvmd and lightvm-io, which is killed meanwhile.
Describe 'Unikernels' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        foreach ($name in 'hello', 'http', 'disk') { $null = Import-LightVMImage "$PSScriptRoot/../../out/images/$name" }
        Get-LightVM 'uk-*' | Remove-LightVM -Confirm:$false
        # A small site as an archive on a disk, and an empty disk.
        $null = Invoke-Dom0Script ('mkdir -p /srv/uk/site/sub /srv/uk/site/.hidden && cd /srv/uk/site && echo "<h1>disk</h1>" >index.html && echo two >sub/two.txt && ' +
            'echo secret >.hidden/x && head -c 1000000 /dev/urandom >big.bin && ln -f index.html same.html && ' +
            'find . | busybox cpio -o -H newc >../site.img 2>/dev/null && truncate -s %512 ../site.img && truncate -s 16M ../empty.img')
        function Get-Page([string] $Name, [string] $Path, [string] $Options = '') {
            (Invoke-Dom0Script "curl -s -m 20 --path-as-is $Options http://$((Get-LightVM $Name).Address)$Path") -join "`n"
        }
        function Get-Status([string] $Name, [string] $Path, [string] $Options = '') { Get-Page $Name $Path "-o /dev/null -w '%{http_code}' $Options" }
    }
    AfterAll {
        Get-LightVM 'uk-*' | Remove-LightVM -Confirm:$false
        $null = Invoke-Dom0Script 'rm -rf /srv/uk'
    }

    It 'find the files and the environment that the host gives' {
        $null = New-LightVM uk-files hello -Memory 4MB -Argument 'files=1', 'show=/etc/motd' -Environment @{ GREETING = 'hello there' } -FileContent @{ '/etc/motd' = "Welcome aboard`n" }
        Wait-LightVM uk-files -Console 'tick 1'
        $lines = @(Receive-LightVMConsole uk-files)
        $lines | Should -Contain 'environment GREETING=hello there'
        $lines | Should -Contain 'file /etc/motd, 15 bytes'
        $lines | Should -Contain 'Welcome aboard'
    }

    It 'http serves the files of the ramdisk, and not the environment' {
        $null = New-LightVM uk-ram http -Memory 4MB -Environment @{ SECRET = '1' } -FileContent @{ '/index.html' = '<h1>ram</h1>' }
        Wait-LightVM uk-ram -Console 'files of the ramdisk'
        Get-Page uk-ram / | Should -BeExactly '<h1>ram</h1>'
        Get-Status uk-ram /.lightvm/environment | Should -BeExactly '404'
    }

    It 'http serves the files of a disk' {
        $null = New-LightVM uk-disk http -Memory 4MB -Disk @{ Path = '/srv/uk/site.img'; ReadOnly = $true }
        Wait-LightVM uk-disk -Console 'files of disk 0'
        Get-Page uk-disk / | Should -BeExactly '<h1>disk</h1>'
        Get-Page uk-disk /same.html | Should -BeExactly '<h1>disk</h1>'
        Get-Page uk-disk /sub/two.txt | Should -BeExactly 'two'
        $null = Get-Page uk-disk /big.bin '-o /srv/uk/copy'
        Invoke-Dom0Script 'cmp /srv/uk/copy /srv/uk/site/big.bin && echo same' | Should -BeExactly 'same'
    }

    It 'http says no where it should' {
        foreach ($path in '/nothing', '/.hidden/x', '/sub/../.hidden/x', '/%2e%2e/etc/passwd', '/../../etc/passwd') { Get-Status uk-disk $path | Should -BeExactly '404' }
        Get-Status uk-disk '/%zz' | Should -BeExactly '400'
        Get-Status uk-disk /sub | Should -BeExactly '301'
        Get-Status uk-disk / '-X POST -d x' | Should -BeExactly '405'
        Get-Status uk-disk / "-H 'Host: a' -H 'X: $('x' * 5000)'" | Should -BeExactly '431'
    }

    It 'http answers although others keep it waiting' {
        $address = (Get-LightVM uk-disk).Address
        $null = Invoke-Dom0Script ("for i in `$(seq 30); do (timeout 9 bash -c 'exec 3<>/dev/tcp/$address/80; printf `"GET / HT`" >&3; cat <&3') >/dev/null 2>&1 & done; " +
            "curl -s -m 8 http://$address/ | grep -q disk; result=`$?; wait; exit `$result")
        Get-Page uk-disk / | Should -BeExactly '<h1>disk</h1>'
    }

    It 'find what they wrote to a disk, though lightvm-io is killed meanwhile' {
        $null = New-LightVM uk-rw disk -Memory 4MB -Disk '/srv/uk/empty.img' -Argument 'write=3', 'rounds=10', 'threads=4'
        $null = Invoke-Dom0Script 'for i in 1 2 3; do sleep 1; kill -9 $(systemctl show -p MainPID --value lightvm-io); done'
        Wait-LightVM uk-rw -For Stopped -Timeout 120
        $lines = @(Receive-LightVMConsole uk-rw)
        $lines | Should -Contain 'round 10 is done'
        ($lines | ForEach-Object { "$_" }) -match 'panic' | Should -BeNullOrEmpty
        Get-Page uk-disk / | Should -BeExactly '<h1>disk</h1>'
    }

    It 'let a disk go that is in use' {
        Remove-LightVMDisk uk-disk -Id 0 -Confirm:$false
        Get-LightVMDisk uk-disk | Should -BeNullOrEmpty
        Get-Status uk-disk /nothing | Should -BeExactly '404'
    }
}
