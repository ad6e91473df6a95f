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
        function Assert-NothingLeft($Before) {
            $after = Wait-Until 'what was held to be given back' {
                $now = Get-DeviceResidue
                if ($now.IoGrantMaps -le $Before.IoGrantMaps) { $now }
            }
            foreach ($property in $Before.PSObject.Properties) {
                $slack = if ($property.Name -in 'DaemonFiles', 'IoDescriptors') { 4 } else { 0 }
                $after.($property.Name) | Should -BeLessOrEqual ($property.Value + $slack) -Because $property.Name
            }
        }
    }
    AfterAll {
        Get-LightVM -Name 'dcg*' | Remove-LightVM -Confirm:$false
        $null = Invoke-Dom0Script 'rm -f /var/tmp/dcg.img'
    }

    # In four parts, so that a slow machine is not taken for one that hangs.
    It 'fifty adapters and disks of one running guest leave nothing, part <_> of 4' -ForEach 1, 2, 3, 4 {
        $before = Get-DeviceResidue
        # From dom0, over one socket: two hundred requests by ssh would take minutes.
        $failures = @(Invoke-Dom0Script @'
api() { curl -s -o /tmp/dcg.answer -w '%{http_code} ' --unix-socket /run/lightvm/lightvmd.sock -H 'Content-Type: application/json' "$@"; }
id() { sed 's/.*"id":\([0-9]*\).*/\1/' /tmp/dcg.answer; }
guest=http://x/v1/guests/dcg
for i in $(seq 50); do
    codes=$(api $guest/adapters -d '{"network":"default"}')
    adapter=$(id)
    codes=$codes$(api $guest/disks -d '{"path":"/var/tmp/dcg.img"}')
    disk=$(id)
    codes=$codes$(api -X DELETE $guest/adapters/$adapter)
    codes=$codes$(api -X DELETE $guest/disks/$disk)
    [ "$codes" = '201 201 204 204 ' ] || echo "round $i: $codes $(cat /tmp/dcg.answer)"
done
rm -f /tmp/dcg.answer
'@)
        $failures -join "`n" | Should -BeNullOrEmpty
        @(Get-LightVMNetworkAdapter -Name dcg) | Should -HaveCount 1
        @(Get-LightVMDisk -Name dcg) | Should -HaveCount 0
        (Invoke-Dom0Script "timeout 10 busybox nc $((Get-LightVM -Name dcg).Address) 13") | Should -Match '20\d\d'
        Assert-NothingLeft $before
    }

    It 'two hundred guests with both leave nothing' {
        $before = Get-DeviceResidue
        foreach ($i in 1..20) {
            New-LightVM -Name dcg-many -Count 10 -Image daytime -Memory 4MB -Disk '/var/tmp/dcg.img,readonly' | Remove-LightVM -Confirm:$false
        }
        Assert-NothingLeft $before
    }
}
