# Tinyx guests with our driver under their xenbus: they find adapter and disk by a device page, and lightvm-io keeps no store for them.
# The same image uses a private store when its command line says so.
BeforeDiscovery {
    $script:Types = @(@{ Type = 'Pv' }, @{ Type = 'Pvh' })
}

Describe 'A Tinyx guest without a store' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $script:CanPvh = @(Invoke-Dom0 cat /sys/hypervisor/properties/capabilities) -match 'hvm'
        Get-LightVM 'txn-*' | Remove-LightVM -Confirm:$false
        $null = Invoke-Dom0Script 'mkdir -p /srv; rm -f /srv/txn-*'

        # Writes to its disk, reads that back from it, and serves what it has read.
        $null = [IO.Directory]::CreateDirectory("$TestDrive/site")
        [IO.File]::WriteAllText("$TestDrive/site/run", @'
b=/app/busybox
$b seq 100000 >/tmp/wrote
$b dd if=/tmp/wrote of=/dev/xvda bs=65536 conv=notrunc,fsync 2>/dev/null
echo 3 >/proc/sys/vm/drop_caches
$b dd if=/dev/xvda bs=$($b stat -c %s /tmp/wrote) count=1 2>/dev/null | $b cmp - /tmp/wrote && echo "disk $($b blockdev --getsz /dev/xvda)" >/app/index.html
exec $b httpd -f -p 80 -h /app
'@)
        $script:Image = Build-TinyxImage -Path /bin/busybox, "$TestDrive/site" -Feature noxs, block -Name txn -Port 80 `
            -Command 'sh /app/run' -OutputDirectory "$TestDrive/image"
        $null = $Image | Import-LightVMImage -Force

        function New-Guest([string] $Name, [string] $Type, [string] $CommandLine) {
            $more = if ($CommandLine) { @{ CommandLine = "$((Get-LightVMImage txn).CommandLine) $CommandLine" } } else { @{} }
            $null = Invoke-Start { New-LightVM $Name txn -Type $Type -Memory 64MB -Disk "/srv/$Name.img,size=4MB" @more -ErrorAction Stop }
        }
        # Its first page; the end of its console when there is none.
        function Get-Page([string] $Name) {
            $address = (Get-LightVM $Name).Address
            try {
                Wait-Until "$Name to answer" { Invoke-Dom0Script "curl -s -f -m 5 http://$address/ || true" } 120
            } catch {
                throw "$_; its console: $(@(Receive-LightVMConsole $Name -WarningAction Ignore) -join ' | ')"
            }
        }
        function Test-Store([string] $Name) { [bool] (Invoke-Dom0Script "ls /run/lightvm/store/$((Get-LightVM $Name).Id) 2>/dev/null || true") }
    }
    AfterAll {
        Get-LightVM 'txn-*' | Remove-LightVM -Confirm:$false
        Get-LightVMImage 'txn' | Remove-LightVMImage
        $null = Invoke-Dom0Script 'rm -rf /srv/txn-* /run/txn'
    }

    It 'has its adapter and its disk, goes on when lightvm-io is killed, and ends in order: <Type>' -ForEach $Types {
        if ($Type -eq 'Pvh' -and -not $CanPvh) { Set-ItResult -Skipped -Because 'this host runs no PVH guests'; return }
        $name = "txn-$($Type.ToLowerInvariant())"
        New-Guest $name $Type
        Get-Page $name | Should -BeExactly 'disk 8192'
        Test-Store $name | Should -BeFalse
        foreach ($round in 1..3) {
            $null = Invoke-Dom0Script 'kill -9 $(pidof lightvm-io); true'
            $null = Wait-Until 'the data plane to be back' { (Get-LightVMHost).DataPlane }
        }
        Get-Page $name | Should -BeExactly 'disk 8192'
        (Get-LightVM $name).State | Should -Be 'Running'
        Stop-LightVM $name -Timeout 60
        (Get-LightVM $name).State | Should -Be 'Stopped'
        @(Receive-LightVMConsole $name -WarningAction Ignore) | Should -Contain 'tinyx: ends (poweroff)'
    }

    It 'gets and gives up devices while it runs' {
        New-Guest txn-hot Pv
        $null = Get-Page txn-hot
        $null = Invoke-Dom0Script 'truncate -s 4M /srv/txn-more.img'
        foreach ($round in 1, 2) {
            $null = Add-LightVMDisk -Name txn-hot -Path /srv/txn-more.img
            $null = Wait-Until 'the disk to be connected' { Get-LightVMDisk -Name txn-hot | Where-Object { $_.Id -eq 1 -and $_.State -eq 'Connected' } }
            # Without -Force the guest has to let go of it.
            Get-LightVMDisk -Name txn-hot | Where-Object Id -eq 1 | Remove-LightVMDisk -Confirm:$false
            @(Get-LightVMDisk -Name txn-hot) | Should -HaveCount 1
        }
        $null = Get-Page txn-hot
        Restart-LightVM txn-hot -Timeout 60
        $null = Get-Page txn-hot
    }

    It 'cannot be saved, and the error says so' {
        New-Guest txn-save Pv
        $null = Get-Page txn-save
        Save-LightVM txn-save -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].ToString() | Should -Match 'suspend'
        (Get-LightVM txn-save).State | Should -Be 'Running'
        $null = Get-Page txn-save
    }

    It 'uses a private store when its command line says so: <Type>' -ForEach $Types {
        if ($Type -eq 'Pvh' -and -not $CanPvh) { Set-ItResult -Skipped -Because 'this host runs no PVH guests'; return }
        $name = "txn-off-$($Type.ToLowerInvariant())"
        New-Guest $name $Type 'xenbus.noxs=off'
        Get-Page $name | Should -BeExactly 'disk 8192'
        Test-Store $name | Should -BeTrue
        Stop-LightVM $name -Timeout 60
        (Get-LightVM $name).State | Should -Be 'Stopped'
    }
}
