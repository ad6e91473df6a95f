# What becomes of a guest that ends by itself.
Describe 'A guest that ends by itself' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage -Path "$PSScriptRoot/../../out/images/hello"
    }
    AfterAll { Get-LightVM -Name 'rst-*' | Remove-LightVM -Confirm:$false }

    It 'is Stopped after a power-off, with policy <policy>' -ForEach @(@{ Policy = 'never' }, @{ Policy = 'onFailure' }) {
        $name = "rst-off-$($Policy.ToLowerInvariant())"
        $null = New-LightVM -Name $name -Image hello -Memory 4MB -CommandLine 'exit=1' -RestartPolicy $Policy -NoStart
        Start-LightVM -Name $name
        Wait-LightVM -Name $name -For Stopped -Timeout 60
        $guest = Get-LightVM -Name $name
        $guest.State | Should -Be 'Stopped'
        $guest.RestartCount | Should -Be 0
    }

    It 'starts again after a power-off, with policy always, and stays Stopped once it was stopped by request' {
        $null = New-LightVM -Name rst-always -Image hello -Memory 4MB -CommandLine 'interval=100 count=5' -RestartPolicy always
        $null = Wait-Until 'two restarts' { (Get-LightVM -Name rst-always).RestartCount -ge 2 }
        Stop-LightVM -Name rst-always -TurnOff
        (Get-LightVM -Name rst-always).State | Should -Be 'Stopped'
        $count = (Get-LightVM -Name rst-always).RestartCount
        $null = Invoke-Dom0Script 'kill -9 $(pidof lightvmd); true'
        $null = Wait-Until 'lightvmd to serve again' { try { Get-LightVMHost -ErrorAction Stop } catch { $null } }
        $guest = Get-LightVM -Name rst-always
        $guest.State | Should -Be 'Stopped'
        $guest.RestartCount | Should -Be $count
    }

    It 'is Crashed after a panic with policy never, and its console says why' {
        $null = New-LightVM -Name rst-crash -Image hello -Memory 4MB -CommandLine 'crash=1' -NoStart
        Start-LightVM -Name rst-crash
        $null = Wait-Until 'the crash to be seen' { (Get-LightVM -Name rst-crash).State -eq 'Crashed' }
        (Get-LightVM -Name rst-crash).EndReason | Should -Be 'crash'
        (@(Receive-LightVMConsole -Name rst-crash) -join "`n") | Should -Match 'asked to by crash=1'
        (Get-LightVM -Name rst-crash).DomainId | Should -BeNullOrEmpty
    }

    It 'starts again after a panic with policy onFailure' {
        $null = New-LightVM -Name rst-fail -Image hello -Memory 4MB -CommandLine 'crash=1' -RestartPolicy onFailure -NoStart
        Start-LightVM -Name rst-fail
        $null = Wait-Until 'a restart' { (Get-LightVM -Name rst-fail).RestartCount -ge 1 }
        Remove-LightVM -Name rst-fail -Confirm:$false
    }

    It 'keeps the domain with onCrash preserve, until it is removed' {
        $null = New-LightVM -Name rst-keep -Image hello -Memory 4MB -CommandLine 'crash=1' -OnCrash preserve -NoStart
        Start-LightVM -Name rst-keep
        $null = Wait-Until 'the crash to be seen' { (Get-LightVM -Name rst-keep).State -eq 'Crashed' }
        $guest = Get-LightVM -Name rst-keep
        $guest.DomainId | Should -Not -BeNullOrEmpty
        Remove-LightVM -Name rst-keep -Confirm:$false
        @(Get-XenDomain | Where-Object { $_ -like "*$($guest.Id)*" }) | Should -HaveCount 0
    }

    It 'leaves a core file with onCrash dump' {
        $null = New-LightVM -Name rst-dump -Image hello -Memory 4MB -CommandLine 'crash=1' -OnCrash dump -NoStart
        Start-LightVM -Name rst-dump
        $null = Wait-Until 'the crash to be seen' { (Get-LightVM -Name rst-dump).State -eq 'Crashed' }
        $cores = @(Invoke-Dom0Script 'for f in /var/lib/lightvm/dumps/*; do head -c 4 $f | tail -c 3; echo; done')
        $cores | Should -Contain 'ELF'
    }
}
