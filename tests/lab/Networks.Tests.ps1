# Networks on a real host: what the host has of them, names and published ports, and what kills and removals leave.
Describe 'Networks of a host' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage -Path "$PSScriptRoot/../../out/images/daytime"
        function Wait-Daemon { $null = Wait-Until 'lightvmd to serve again' { try { Get-LightVMHost -ErrorAction Stop } catch { $null } } }
        # What a TCP server of a guest says at once, or nothing.
        function Read-Port([string] $Address, [int] $Port) { Invoke-Dom0Script "timeout 10 busybox nc $Address $Port < /dev/null || true" }
        function Resolve-Guest([string] $Name, [string] $Server) { (Invoke-Dom0Script "busybox nslookup $Name $Server 2>&1 || true") -join ' ' }
        function Get-Residue {
            # Of networks alone: interfaces, elements of sets, files, units.
            Invoke-Dom0Script ('ls /sys/class/net; nft list set inet lightvm own; nft list map inet lightvm ports4; find /run/lightvm/networks; ' +
                'systemctl list-units --all --plain --no-legend "lightvm-dns@*" | cut -d" " -f1-4; ls /sys/class/net/lvm-default/') | ForEach-Object { "$_".Trim() }
        }
    }
    AfterAll {
        Get-LightVM -Name 'net-*' | Remove-LightVM -Confirm:$false
        Get-LightVMNetwork -Name 'net-*' | Remove-LightVMNetwork -Confirm:$false
    }

    It 'default is there: a TAP with addresses, rules, a name server on it alone' {
        $network = Get-LightVMNetwork -Name default
        $network.Subnet | Should -Be '10.118.0.0/20'
        $network.Interface | Should -Be 'lvm-default'
        (Invoke-Dom0 ip -br addr show lvm-default) -join ' ' | Should -Match "10\.118\.0\.1/20 .*$($network.Gateway6)/64"
        $null = Wait-Until 'the rules' { (Invoke-Dom0Script 'nft list set inet lightvm nat 2>&1 || true') -match '"lvm-default"' }
        $null = Wait-Until 'dnsmasq to listen' { (Invoke-Dom0 ss -lntu) -match '10\.118\.0\.1:53' }
        @((Invoke-Dom0 ss -lntu) -match '(0\.0\.0\.0|127\.0\.0\.1|\[::\]|\[::1\]):53\b') | Should -HaveCount 0
    }

    It 'a guest has its name, its port of the host, and gives both back' {
        $null = New-LightVM -Name net-day -Image daytime -Publish 1313:13
        $null = Wait-LightVM -Name net-day -For Network -Timeout 60
        $address = (Get-LightVMNetworkAdapter net-day).Address
        foreach ($from in "$address 13", '127.0.0.1 1313', '10.0.2.15 1313', '10.118.0.1 1313') {
            $to = $from -split ' '
            Read-Port $to[0] $to[1] | Should -Match '\d\d:\d\d:\d\d'
        }
        foreach ($name in 'net-day', 'net-day.default.internal') {
            $null = Wait-Until "the name $name" { (Resolve-Guest $name 10.118.0.1) -match [regex]::Escape($address) }
        }
        { New-LightVM -Name net-two -Image daytime -Publish 1313:13 -ErrorAction Stop } | Should -Throw -ErrorId 'PortInUse*'
        { New-LightVM -Name net-two -Image daytime -Publish 22:13 -ErrorAction Stop } | Should -Throw -ErrorId 'PortInUse*'
        { New-LightVM -Name net-two -Image daytime -NetworkAdapter "default,address=$address" -ErrorAction Stop } | Should -Throw -ErrorId 'AddressInUse*'
        Remove-LightVM -Name net-day -Confirm:$false
        $null = Wait-Until 'the name to go' { (Resolve-Guest net-day 10.118.0.1) -notmatch [regex]::Escape($address) }
        (Invoke-Dom0 nft list map inet lightvm ports4) -join ' ' | Should -Not -Match '1313'
    }

    It 'a guest with DHCP gets the address that is its own, and a stranger none' {
        $null = New-LightVM -Name net-dhcp -Image daytime -NoStart
        $adapter = Get-LightVMNetworkAdapter net-dhcp
        $null = Wait-Until 'its file' { Invoke-Dom0Script 'grep net-dhcp /run/lightvm/networks/default/dhcp-hosts || true' }
        # The stand-in takes lightvm-io's place at the TAP: two queues would share the frames.
        $null = Invoke-Dom0 systemctl stop lightvm-io.socket lightvm-io.service
        try {
            $client = 'ip link set eth0 up; printf ''#!/bin/sh\n[ "$1" = bound ] && echo "$ip $router $dns $domain"; true\n'' > /run/net-dhcp.sh; ' +
                'chmod +x /run/net-dhcp.sh; busybox udhcpc -i eth0 -n -q -t 6 -T 2 -s /run/net-dhcp.sh 2>/dev/null'
            $script = '/mnt/out/native/lab/tap-guest lvm-default {0} bash -c ''{1}''; true'
            $answer = Invoke-Dom0Script ($script -f $adapter.Mac, $client.Replace("'", "'\''"))
            "$answer" | Should -Match "^$([regex]::Escape($adapter.Address)) 10\.118\.0\.1 10\.118\.0\.1 default\.internal"
            $answer = Invoke-Dom0Script ($script -f '02:00:00:00:0f:ff', $client.Replace("'", "'\''").Replace('-t 6', '-t 2'))
            "$answer" | Should -BeNullOrEmpty
        }
        finally { $null = Invoke-Dom0 systemctl start lightvm-io.socket }
        $null = Wait-Until 'the data plane' { (Get-LightVMHost).DataPlane }
        Remove-LightVM -Name net-dhcp -Confirm:$false
    }

    It 'after a kill the next lightvmd makes the host what is recorded' {
        $null = New-LightVMNetwork -Name net-kept -Subnet 10.77.0.0/24 -NoNat
        $null = New-LightVM -Name net-kill -Image daytime -Publish 1414:13
        $null = Wait-LightVM -Name net-kill -For Network -Timeout 60
        $null = Invoke-Dom0Script ('kill -9 $(pidof lightvmd); nft delete table inet lightvm; ip link del lvm-net-kept; ' +
            'ip tuntap add dev lvm-gone mode tap; ip link set lvm-gone alias "lightvm network gone"; ip link add lvm-foreign type dummy; mkdir -p /run/lightvm/networks/gone')
        Wait-Daemon
        $null = Wait-Until 'the rules' { (Invoke-Dom0Script 'nft list map inet lightvm ports4 2>&1 || true') -match '1414' }
        (Invoke-Dom0 ip -br addr show lvm-net-kept) -join ' ' | Should -Match '10\.77\.0\.1/24'
        $links = @(Invoke-Dom0 ls /sys/class/net)
        $links | Should -Not -Contain 'lvm-gone'
        $links | Should -Contain 'lvm-foreign'
        Read-Port 127.0.0.1 1414 | Should -Match '\d\d:\d\d:\d\d'
        @(Invoke-Dom0 ls /run/lightvm/networks) | Should -Not -Contain 'gone'
        $null = Invoke-Dom0 ip link del lvm-foreign
        Remove-LightVM -Name net-kill -Confirm:$false
    }

    It 'our table comes back when somebody flushes the ruleset, and theirs are not touched' {
        $null = Invoke-Dom0Script 'nft flush ruleset; nft add table ip theirs'
        $null = Wait-Until 'our table' { (Invoke-Dom0 nft list tables) -match 'inet lightvm' }
        (Invoke-Dom0 nft list tables) -match 'ip theirs' | Should -Not -BeNullOrEmpty
        $null = New-LightVMNetwork -Name net-more
        Remove-LightVMNetwork -Name net-more -Confirm:$false
        (Invoke-Dom0 nft list tables) -match 'ip theirs' | Should -Not -BeNullOrEmpty
        $null = Invoke-Dom0 nft delete table ip theirs
    }

    It 'an adapter on a bridge of the host is a TAP in its VLAN, and goes with the guest' {
        $null = Invoke-Dom0Script 'ip link add brtest type bridge; ip link set brtest up'
        try {
            { New-LightVMNetwork -Name net-vlan -Bridge brtest -Vlan 7 -ErrorAction Stop } | Should -Throw '*does not filter VLANs*'
            { New-LightVMNetwork -Name net-vlan -Bridge nobridge -ErrorAction Stop } | Should -Throw '*no interface*'
            # Ports begin in a VLAN of the owner's choice, in which this one must not stay.
            $null = Invoke-Dom0Script 'ip link set brtest type bridge vlan_filtering 1 vlan_default_pvid 5'
            $null = New-LightVMNetwork -Name net-vlan -Bridge brtest -Vlan 7
            $null = New-LightVM -Name net-bridged -Image daytime -NetworkAdapter net-vlan
            $tap = @(Invoke-Dom0 ls /sys/class/net/brtest/brif)
            $tap | Should -HaveCount 1
            $vlans = (Invoke-Dom0 bridge vlan show dev $tap[0]) -join ' '
            $vlans | Should -Match '\b7 PVID Egress Untagged'
            $vlans | Should -Not -Match '\s[15]\s'
            # What it sends is checked unless that is said otherwise, while it runs (which frames: native/tests/io/net_life_test.c).
            (Get-LightVMNetwork net-vlan).Trusted | Should -BeFalse
            $null = Wait-Until 'its adapter to connect' { (Get-LightVMNetworkAdapter net-bridged).State -eq 'Connected' }
            $last = 0
            foreach ($event in Get-LightVMEvent) { $last = $event.Sequence }
            foreach ($trusted in $true, $false) {
                (Set-LightVMNetwork net-vlan -Trusted $trusted -PassThru).Trusted | Should -Be $trusted
                (Get-LightVMNetworkAdapter net-bridged -Counters).State | Should -Be 'Connected'
            }
            @(Get-LightVMEvent -After $last | Where-Object Kind -eq GuestFault) | Should -HaveCount 0
            Remove-LightVM -Name net-bridged -Confirm:$false
            @(Invoke-Dom0 ls /sys/class/net/brtest/brif) | Should -HaveCount 0
            Remove-LightVMNetwork -Name net-vlan -Confirm:$false
        }
        finally { $null = Invoke-Dom0 ip link del brtest }
    }

    It '200 networks that come and go leave nothing' {
        $before = Get-Residue
        # One curl: 400 requests on one connection.
        $script = 'for i in $(seq 200); do for m in PUT DELETE; do [ "$i$m" = 1PUT ] || echo next; echo "request = $m"; echo "url = http://lightvm/v1/networks/net-c$((i % 9))"; ' +
            'echo "unix-socket = /run/lightvm/lightvmd.sock"; echo "silent"; echo "output = /dev/null"; echo "write-out = \"%{http_code}\n\""; ' +
            '[ $m = DELETE ] || echo "data = \"{\\\"dhcp\\\":$([ $((i % 20)) = 0 ] && echo true || echo false)}\""; done; done > /run/net-cycles; curl -K /run/net-cycles | sort | uniq -c'
        ((Invoke-Dom0Script $script) -join ' ') -replace '\s+', ' ' | Should -Match '^ ?200 201 200 204$'
        $null = Wait-Until 'nothing to be left' { ((Get-Residue) -join "`n") -eq ($before -join "`n") }
    }
}
