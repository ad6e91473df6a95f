# The very same images under xl, xenstored, netback and blkback. After RealHostsOwnGuests by name: the xenstored stays.
Describe 'Unikernels under xl' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Invoke-Dom0Script ('curl -sf -X POST --unix-socket /run/lightvm/lightvmd.sock http://lightvm/v1/host/domain-events/release; ' +
            'mkdir -p /run/lock /run/xen /run/xenstored /var/lib/xen /var/log/xen /run/ukxl; b=/usr/lib/xen-4.17/bin; ' +
            'pidof oxenstored xenstored >/dev/null || { [ -x $b/oxenstored ] && $b/oxenstored || xenstored; } && $b/xen-init-dom0 && ' +
            '{ pidof xenconsoled >/dev/null || $b/xenconsoled; }; modprobe -a xen-netback xen-blkback loop; ' +
            '{ ip link show ukbr0 2>/dev/null || ip link add ukbr0 type bridge; } && ip addr replace 10.9.0.1/24 dev ukbr0 && ip link set ukbr0 up')
        # Starts an image under xl. What its console shows goes to a file; what is written to a FIFO is typed on it.
        function Start-XlGuest([string] $Name, [string] $Extra, [string] $Devices = '') {
            $null = Invoke-Dom0Script ("cd /run/ukxl; printf '%s\n' 'name=`"uk-$Name`"' 'type=`"pv`"' 'memory=4' 'kernel=`"/mnt/out/images/$Name/kernel.elf`"' " +
                "'extra=`"$Extra`"' $Devices >$Name.cfg; timeout 90 xl create -q $Name.cfg; rm -f $Name.log $Name.in; mkfifo $Name.in; " +
                "(setsid sleep 900 >$Name.in 2>&1 &); (setsid script -qefc 'xl console uk-$Name' $Name.log <$Name.in >/dev/null 2>&1 &)")
        }
        function Get-XlConsole([string] $Name) { (Invoke-Dom0Script "cat /run/ukxl/$Name.log 2>/dev/null; true") -join "`n" }
        # Saves it, which ends it, and restores it as another domain.
        function Restore-XlGuest([string] $Name) {
            $before = Invoke-Dom0Script "xl domid uk-$Name"
            $null = Invoke-Dom0Script "cd /run/ukxl; { timeout 90 xl save uk-$Name $Name.save && timeout 90 xl restore $Name.save; } >$Name.restore 2>&1 </dev/null || { cat $Name.restore >&2; exit 1; }"
            Invoke-Dom0Script "xl domid uk-$Name" | Should -Not -Be $before
        }
        function Stop-XlGuest([string] $Name) { $null = Invoke-Dom0Script "timeout 20 xl destroy uk-$Name 2>/dev/null; true" }
    }
    AfterAll {
        foreach ($name in 'hello', 'daytime', 'http') { Stop-XlGuest $name }
        $null = Invoke-Dom0Script 'fuser -s -k /run/ukxl/*.in; ip link del ukbr0; for i in $(losetup -j /run/ukxl/site.img | cut -d: -f1); do losetup -d $i; done; rm -rf /run/ukxl; true'
    }

    It 'hello prints, is typed to, and obeys xl reboot and xl shutdown' {
        Start-XlGuest hello 'echo=1 interval=500'
        $null = Wait-Until 'the first lines' { (Get-XlConsole hello) -match 'tick 2' }
        $null = Invoke-Dom0Script 'printf "typed under xl\r" >/run/ukxl/hello.in'
        $null = Wait-Until 'an answer' { (Get-XlConsole hello) -match 'you said: typed under xl' }
        $before = Invoke-Dom0Script 'xl domid uk-hello'
        $null = Invoke-Dom0Script 'xl reboot uk-hello'
        $null = Wait-Until 'another domain' { $now = Invoke-Dom0Script 'xl domid uk-hello 2>/dev/null; true'; $now -and $now -ne $before }
        $null = Invoke-Dom0Script 'timeout 40 xl shutdown -w uk-hello'
        $null = Wait-Until 'its end' { -not (Invoke-Dom0Script 'xl domid uk-hello 2>/dev/null; true') }
    }

    It 'daytime tells the time over netback and a bridge' {
        Start-XlGuest daytime 'ip=10.9.0.2/24 gateway=10.9.0.1' "'vif=[`"bridge=ukbr0`"]'"
        $null = Wait-Until 'an answer' { (Invoke-Dom0Script "timeout 5 bash -c 'cat </dev/tcp/10.9.0.2/13' || true") -match '\w+, \w+ \d+, \d{4} [0-9:]{8}-UTC' }
    }

    It 'daytime is saved by xl, tells the time again once restored, and obeys xl shutdown' {
        Restore-XlGuest daytime
        $null = Wait-Until 'an answer' { (Invoke-Dom0Script "timeout 5 bash -c 'cat </dev/tcp/10.9.0.2/13' || true") -match '\w+, \w+ \d+, \d{4} [0-9:]{8}-UTC' }
        $null = Invoke-Dom0Script 'timeout 40 xl shutdown -w uk-daytime'
        $null = Wait-Until 'its end' { -not (Invoke-Dom0Script 'xl domid uk-daytime 2>/dev/null; true') }
    }

    It 'http serves the files of a disk over blkback' {
        $null = Invoke-Dom0Script ('mkdir -p /run/ukxl/site && cd /run/ukxl/site && echo "<h1>under xl</h1>" >index.html && head -c 500000 /dev/urandom >big.bin && ' +
            'find . | busybox cpio -o -H newc >../site.img 2>/dev/null && truncate -s %512 ../site.img')
        $loop = Invoke-Dom0Script 'losetup -f --show -r /run/ukxl/site.img'
        Start-XlGuest http 'ip=10.9.0.3/24' "'vif=[`"bridge=ukbr0`"]' 'disk=[`"phy:$loop,xvda,r`"]'"
        $null = Wait-Until 'an answer' { (Invoke-Dom0Script 'curl -s -m 5 http://10.9.0.3/ || true') -eq '<h1>under xl</h1>' }
        Invoke-Dom0Script 'curl -s -m 20 http://10.9.0.3/big.bin | cmp - /run/ukxl/site/big.bin && echo same' | Should -BeExactly 'same'
    }

    It 'http has its disk again after xl save and xl restore, twice' {
        foreach ($i in 1, 2) {
            Restore-XlGuest http
            $null = Wait-Until 'an answer' { (Invoke-Dom0Script 'curl -s -m 5 http://10.9.0.3/ || true') -eq '<h1>under xl</h1>' }
            Invoke-Dom0Script 'curl -s -m 20 http://10.9.0.3/big.bin | cmp - /run/ukxl/site/big.bin && echo same' | Should -BeExactly 'same'
        }
    }
}
