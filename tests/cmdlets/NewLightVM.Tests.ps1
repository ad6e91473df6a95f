Describe 'New-LightVM' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'new-*' | Remove-LightVM -Confirm:$false
    }
    AfterAll { Get-LightVM 'new-*' | Remove-LightVM -Confirm:$false }

    It 'creates a guest, starts it, and writes it' {
        $guest = New-LightVM new-a hello -Memory 4MB
        $guest | Should -HaveCount 1
        $guest.Name | Should -BeExactly 'new-a'
        $guest.State | Should -Be 'Running'
        $guest.Image | Should -BeExactly 'hello'
        $guest.Memory | Should -Be 4194304
        $guest.VCpuCount | Should -Be 1
        $guest.HostName | Should -Not -BeNullOrEmpty
        $guest.Id | Should -Not -Be ([guid]::Empty)
        $guest.StartupTime.TotalMilliseconds | Should -BeGreaterThan 0
        (Get-LightVM new-a).Id | Should -Be $guest.Id
    }

    It 'writes LightVM.Guest objects with the aliases that people type' {
        $guest = New-LightVM new-type noop
        $guest.GetType().FullName | Should -BeExactly 'LightVM.Guest'
        $guest.VMName | Should -BeExactly 'new-type'
        $guest.ComputerName | Should -Be $guest.HostName
    }

    It 'takes the image''s minimum where no memory is given' {
        (New-LightVM new-min noop).Memory | Should -Be (Get-LightVMImage noop).MinimumMemory
    }

    It 'takes memory as <Text>' -ForEach @(
        @{ Text = '"4MB"'; Value = '4MB'; Name = 'new-mem1' }
        @{ Text = '4MiB'; Value = '4MiB'; Name = 'new-mem2' }
        @{ Text = '4194304'; Value = 4194304; Name = 'new-mem3' }
        @{ Text = '"4096 KB"'; Value = '4096 KB'; Name = 'new-mem4' }
    ) {
        (New-LightVM $Name noop -Memory $Value).Memory | Should -Be 4194304
    }

    It 'leaves it Stopped with -NoStart' {
        $guest = New-LightVM new-nostart hello -NoStart
        $guest.State | Should -Be 'Stopped'
        $guest.DomainId | Should -BeNullOrEmpty
        (Get-LightVM new-nostart).State | Should -Be 'Stopped'
    }

    It 'gives it all that is asked for' {
        $guest = New-LightVM -Name new-all -Image hello -Memory 6MB -Labels @{ tier = 'front'; n = 1 } -RestartPolicy OnFailure `
            -OnCrash Preserve -Affinity 0 -CommandLine 'interval=500 greeting'
        $guest.Memory | Should -Be 6MB
        $guest.Labels.tier | Should -BeExactly 'front'
        $guest.Labels['n'] | Should -BeExactly '1'
        $guest.RestartPolicy | Should -Be 'OnFailure'
        $guest.OnCrash | Should -Be 'Preserve'
        $guest.Affinity | Should -BeExactly '0'
        $guest.CpuPool | Should -Be 0
        $guest.CommandLine | Should -BeExactly 'interval=500 greeting'
        Wait-LightVM $guest.Name -Console 'argument 2: greeting'
    }

    It 'makes many of one name with one call' {
        $guests = @(New-LightVM new-many noop -Count 20)
        $guests | Should -HaveCount 20
        $guests[0].Name | Should -BeExactly 'new-many-1'
        $guests[19].Name | Should -BeExactly 'new-many-20'
        @($guests | Where-Object State -ne 'Running') | Should -HaveCount 0
        @(Get-LightVM 'new-many-*') | Should -HaveCount 20
    }

    It 'numbers also a single one when -Count is given' {
        (New-LightVM new-one noop -Count 1).Name | Should -BeExactly 'new-one-1'
    }

    It 'takes names from the pipeline' {
        $guests = @('new-p1', 'new-p2' | New-LightVM -Image noop)
        ($guests | ForEach-Object Name) -join ' ' | Should -BeExactly 'new-p1 new-p2'
    }

    It 'takes rows with the columns of a table' {
        $rows = [pscustomobject]@{ Name = 'new-r1'; Image = 'noop'; Memory = '4MB' }, [pscustomobject]@{ Name = 'new-r2'; Image = 'hello'; Memory = '5MB' }
        $guests = @($rows | New-LightVM)
        $guests | Should -HaveCount 2
        $guests[1].Image | Should -BeExactly 'hello'
        $guests[1].Memory | Should -Be 5MB
    }

    It 'lets the others be made when one of them cannot' {
        $null = New-LightVM new-clash-2 noop
        $guests = @(New-LightVM new-clash noop -Count 3 -ErrorVariable problems -ErrorAction SilentlyContinue)
        ($guests | ForEach-Object Name) -join ' ' | Should -BeExactly 'new-clash-1 new-clash-3'
        $problems | Should -HaveCount 1
        $problems[0].FullyQualifiedErrorId | Should -BeExactly 'GuestExists,LightVM.PowerShell.NewLightVMCommand'
        $problems[0].TargetObject | Should -BeExactly 'new-clash-2'
    }

    It 'boots a kernel from its file, with arguments, environment and files' {
        $kernel = [IO.Path]::GetFullPath("$PSScriptRoot/../../out/images/hello/kernel.elf")
        $guest = New-LightVM new-kernel -Kernel $kernel -CommandLine 'files=1' -Argument 'two words' -Environment @{ MODE = 'test' } -FileContent @{ '/etc/motd' = 'hi' } -ErrorAction Stop
        $guest.Image | Should -Match '^kernel-[0-9a-f]{16}$'
        Wait-LightVM new-kernel -Console 'argument 2: two words' -ErrorAction Stop
        Wait-LightVM new-kernel -Console 'etc/motd' -ErrorAction Stop
        $now = Get-LightVM new-kernel
        $now.Arguments -join '|' | Should -BeExactly 'two words'
        $now.Environment.MODE | Should -BeExactly 'test'
        (New-LightVM new-kernel2 -Kernel $kernel -NoStart).Image | Should -BeExactly $guest.Image
        Remove-LightVM new-kernel, new-kernel2 -Confirm:$false
        Remove-LightVMImage $guest.Image
    }
}
