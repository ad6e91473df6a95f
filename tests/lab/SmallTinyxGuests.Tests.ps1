# How little memory Debian's nginx needs in a Tinyx guest: the builder's own trial measures it, and guests with so much serve.
BeforeDiscovery {
    $script:Types = @(@{ Type = 'Pv' }, @{ Type = 'Pvh' })
}

Describe 'A Tinyx image of nginx' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        Get-LightVM 'small-*' | Remove-LightVM -Confirm:$false
        $script:CanPvh = @(Invoke-Dom0 cat /sys/hypervisor/properties/capabilities) -match 'hvm'
        $script:Image = Build-TinyxImage nginx -Command 'nginx -g "daemon off;"' -Port 80 -Name small-web -OutputDirectory "$TestDrive/web" `
            -Test @{ http = '/'; port = 80 } -MeasureMemory
        $null = $Image | Import-LightVMImage -Force
    }
    AfterAll {
        Get-LightVM 'small-*' | Remove-LightVM -Confirm:$false
        Get-LightVMImage 'small-*' | Remove-LightVMImage
    }

    It 'needs 24 MB at most, and says so itself' {
        $Image.MinimumMemory | Should -BeLessOrEqual 24MB
        (Get-LightVMImage small-web).MinimumMemory | Should -Be $Image.MinimumMemory
        $Image.Size | Should -BeLessThan 5500000
    }

    It 'serves with 24 MB as <Type>, page after page' -ForEach $Types {
        if ($Type -eq 'Pvh' -and -not $CanPvh) { Set-ItResult -Skipped -Because 'this host runs no PVH guests'; return }
        $name = "small-$($Type.ToLowerInvariant())"
        $guest = Invoke-Start { New-LightVM $name small-web -Memory 24MB -Type $Type -ErrorAction Stop }
        $null = Wait-Until "$name to answer" { Invoke-Dom0Script "curl -s -m 5 http://$($guest.Address)/ || true" } 120
        # Several connections at once, each for many pages.
        $codes = @(Invoke-Dom0Script "for i in 1 2 3 4 5; do curl -s -m 60 -o /dev/null -w '%{http_code}\n' 'http://$($guest.Address)/?[1-20]' & done; wait")
        $codes | Should -HaveCount 100
        $codes | Where-Object { $_ -ne '200' } | Should -BeNullOrEmpty
        @(Receive-LightVMConsole $name) -match 'Out of memory|page allocation failure' | Should -HaveCount 0
        Stop-LightVM $name -Timeout 60
        (Get-LightVM $name).State | Should -Be 'Stopped'
    }
}
