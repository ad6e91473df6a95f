# Five hundred guests come and go by one call each, and the host is as it was.
Describe '500 guests, created and removed in one call each' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage -Path "$PSScriptRoot/../../out/images/noop"
    }
    AfterAll { Get-LightVM -Name 'nlb-*' | Remove-LightVM -Confirm:$false }

    It 'leaves no domain, event channel, grant mapping, descriptor or file' {
        # Once before, so that what is made once per host is made.
        New-LightVM -Name nlb -Count 3 -Image noop -Memory 4MB | Remove-LightVM -Confirm:$false
        $before = Get-HostResidue
        $free = (Get-LightVMHost).FreeMemory

        $guests = @(New-LightVM -Name nlb -Count 500 -Image noop -Memory 4MB)
        $guests | Should -HaveCount 500
        @($guests | Where-Object State -ne 'Running') | Should -HaveCount 0
        @($guests | ForEach-Object { $_.DomainId } | ForEach-Object -Begin { $seen = @{} } -Process { $seen[$_] = 1 } -End { $seen.Count }) | Should -Be 500

        $guests | Remove-LightVM -Confirm:$false
        @(Get-LightVM -Name 'nlb-*') | Should -HaveCount 0
        $null = Wait-Until 'Xen to have its memory back' { (Get-LightVMHost).FreeMemory -ge $free - 4MB }
        $after = Get-HostResidue
        foreach ($property in $before.PSObject.Properties) {
            $after.($property.Name) | Should -BeLessOrEqual ($property.Value + 2) -Because $property.Name
        }
        $after.Domains | Should -Be $before.Domains
        $after.ConsoleLogs | Should -Be $before.ConsoleLogs
        $after.IoGrantMaps | Should -Be $before.IoGrantMaps
    }
}
