# Two hundred times an adapter and a disk are given to a running guest and taken away again, and two hundred times a guest
# with both is created and removed: the host holds what it held before.
Describe 'devices that come and go' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        foreach ($image in 'daytime') { $null = Import-LightVMImage -Path "$PSScriptRoot/../../out/images/$image" }
        $null = Invoke-Dom0Script 'truncate -s 1M /var/tmp/dcg.img'
        $null = New-LightVM -Name dcg -Image daytime -Memory 4MB
        Wait-LightVM -Name dcg -For Network -Timeout 60

        # Beside what every test looks at: interfaces, loop devices, journals, rules.
        function Get-DeviceResidue {
            $residue = Get-HostResidue
            [PSCustomObject]@{
                Domains       = $residue.Domains
                IoDescriptors = $residue.IoDescriptors
                IoGrantMaps   = $residue.IoGrantMaps
                DaemonFiles   = $residue.DaemonFiles
                ConsoleLogs   = $residue.ConsoleLogs
                EventChannels = $residue.EventChannels
                Links         = [int](Invoke-Dom0Script 'ls /sys/class/net | wc -l')
                Loops         = [int](Invoke-Dom0Script 'ls -d /sys/block/loop*/loop 2>/dev/null | wc -l')
                Journals      = [int](Invoke-Dom0Script 'ls /run/lightvm/block 2>/dev/null | wc -l')
            }
        }
    }
    AfterAll {
        Get-LightVM -Name 'dcg*' | Remove-LightVM -Confirm:$false
        $null = Invoke-Dom0Script 'rm -f /var/tmp/dcg.img'
    }

    It 'two hundred adapters and disks of one running guest leave nothing' {
        $before = Get-DeviceResidue
        # One curl for all: to start eight hundred of them would take minutes. The first free ids are taken again and again.
        $codes = @(Invoke-Dom0Script @'
request() {
    printf 'unix-socket = /run/lightvm/lightvmd.sock\nurl = "http://x/v1/guests/dcg/%s"\nrequest = %s\n' "$2" "$1"
    [ -z "$3" ] || printf 'header = "Content-Type: application/json"\ndata = "%s"\n' "$3"
    printf 'silent\noutput = /dev/null\nwrite-out = "%%{http_code}\\n"\nnext\n'
}
for i in $(seq 200); do
    request POST adapters '{\"network\":\"default\"}'
    request POST disks '{\"path\":\"/var/tmp/dcg.img\"}'
    request DELETE adapters/1 ''
    request DELETE disks/0 ''
done >/tmp/dcg.curl
curl -K /tmp/dcg.curl
rm -f /tmp/dcg.curl
'@)
        @($codes -eq '201') | Should -HaveCount 400
        @($codes -eq '204') | Should -HaveCount 400
        @(Get-LightVMNetworkAdapter -Name dcg) | Should -HaveCount 1
        @(Get-LightVMDisk -Name dcg) | Should -HaveCount 0
        (Invoke-Dom0Script "timeout 10 busybox nc $((Get-LightVM -Name dcg).Address) 13") | Should -Match '20\d\d'
        Assert-NothingLeft $before { Get-DeviceResidue }
    }

    It 'two hundred guests with both leave nothing' {
        $before = Get-DeviceResidue
        foreach ($i in 1..20) {
            New-LightVM -Name dcg-many -Count 10 -Image daytime -Memory 4MB -Disk '/var/tmp/dcg.img,readonly' | Remove-LightVM -Confirm:$false
        }
        Assert-NothingLeft $before { Get-DeviceResidue }
    }
}
