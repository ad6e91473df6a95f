# A host's own xenstored and xl beside us: their guests are never touched, and ours end as they should without VIRQ_DOM_EXC.
# Last of its folder by name, since the xenstored that it starts stays.
Describe "A host's own xl and xenstored" -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage -Path "$PSScriptRoot/../../out/images/hello"
        (Get-LightVMHost).DomainEvents | Should -BeTrue
        $null = Invoke-Dom0Script ('curl -sf -X POST --unix-socket /run/lightvm/lightvmd.sock http://lightvm/v1/host/domain-events/release; ' +
            'mkdir -p /run/lock /run/xen /run/xenstored /var/lib/xen /var/log/xen; b=/usr/lib/xen-4.17/bin; ' +
            'pidof oxenstored xenstored >/dev/null || { [ -x $b/oxenstored ] && $b/oxenstored || xenstored; } && $b/xen-init-dom0 && ' +
            '{ pidof xenconsoled >/dev/null || $b/xenconsoled; }')
        $null = Invoke-Dom0Script ('cp /mnt/out/images/hello/kernel.elf /run/own.elf; ' +
            'printf ''name="own"\ntype="pv"\nmemory=4\nkernel="/run/own.elf"\nextra="interval=1000"\n'' > /run/own.cfg; xl create -q /run/own.cfg')
    }
    AfterAll {
        $null = Invoke-Dom0Script 'xl destroy own; true'
        Get-LightVM -Name 'own-*' | Remove-LightVM -Confirm:$false
    }

    It 'the daemon has given the domain events up, and says so' {
        (Get-LightVMHost).DomainEvents | Should -BeFalse
    }

    It 'an end is still noticed' {
        $null = New-LightVM -Name own-ends -Image hello -Memory 4MB -CommandLine 'interval=50 count=3'
        Wait-LightVM -Name own-ends -For Stopped -Timeout 60
        (Get-LightVM -Name own-ends).State | Should -Be 'Stopped'
    }

    It 'a crash is still noticed' {
        $null = New-LightVM -Name own-crash -Image hello -Memory 4MB -CommandLine 'fault=1' -NoStart
        Start-LightVM -Name own-crash
        $null = Wait-Until 'the crash to be seen' { (Get-LightVM -Name own-crash).State -eq 'Crashed' }
    }

    It 'nothing of ours is in the XenStore of the host, whose own guests are' {
        foreach ($image in 'daytime') { $null = Import-LightVMImage -Path "$PSScriptRoot/../../out/images/$image" }
        $null = New-LightVM -Name own-net -Image daytime -Memory 4MB
        Wait-LightVM -Name own-net -For Network -Timeout 60
        $domain = (Get-LightVM -Name own-net).DomainId
        $names = @(Invoke-Dom0Script 'xenstore-ls -f /')
        $own = (Invoke-Dom0Script "xl list own | tail -n 1 | awk '{ print `$2 }'")
        @($names -match "^/local/domain/$own(/| =)").Count | Should -BeGreaterThan 0
        $names -match "/$domain(/| =)" | Should -BeNullOrEmpty
        $names -match 'own-net|lightvm' | Should -BeNullOrEmpty
        Remove-LightVM -Name own-net -Confirm:$false
    }

    It "xl's guest is not listed, and survives restarts of both daemons and the removal of all of ours" {
        @(Get-LightVM | Where-Object Name -eq 'own') | Should -HaveCount 0
        $null = Invoke-Dom0Script 'kill -9 $(pidof lightvmd) $(pidof lightvm-io); true'
        $null = Wait-Until 'the daemons to be back' { try { (Get-LightVMHost -ErrorAction Stop).DataPlane } catch { $null } }
        Get-LightVM | Remove-LightVM -Confirm:$false
        (Invoke-Dom0Script 'xl list own | tail -n 1') | Should -Match '^own\s'
    }

    It "the id of xl's guest cannot be claimed, so that no restart of lightvmd takes it for a rest of ours" {
        $id = (Invoke-Dom0Script 'xl list -v own | tail -n 1') -replace '.*\s([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\s.*', '$1'
        foreach ($key in '', '-H "Idempotency-Key: own-claim"') {
            $answer = Invoke-Dom0Script ('curl -s --unix-socket /run/lightvm/lightvmd.sock -H "Content-Type: application/json" ' + $key +
                ' -d ''{"start":false,"guests":[{"name":"own-claim","image":"hello","id":"' + $id + '"}]}'' http://lightvm/v1/guests')
            $answer | Should -Match '"code":"GuestExists"'
        }
        @(Get-LightVM | Where-Object Name -eq 'own-claim') | Should -HaveCount 0
        $null = Invoke-Dom0Script 'kill -9 $(pidof lightvmd)'
        $null = Wait-Until 'lightvmd to be back' { try { Get-LightVMHost -ErrorAction Stop } catch { $null } }
        (Invoke-Dom0Script 'xl list own | tail -n 1') | Should -Match '^own\s'
    }

    It 'lightvmd, restarted, serves without the domain events' {
        (Get-LightVMHost).DomainEvents | Should -BeFalse
    }
}
