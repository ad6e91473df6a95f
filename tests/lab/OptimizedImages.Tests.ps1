# Optimize-TinyxImage on a real host: an image whose program wants a tmpfs. One option goes, one that the program needs and one that another
# option needs stay; the image that is left is smaller, and runs. Kernels are built: minutes, the first time.
Describe 'An optimized Tinyx image' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        Get-LightVM 'opt-*' | Remove-LightVM -Confirm:$false
        $null = [IO.Directory]::CreateDirectory("$TestDrive/site")
        [IO.File]::WriteAllText("$TestDrive/site/index.html", "hello`n")
        $script:Image = Build-TinyxImage -Path /bin/busybox, "$TestDrive/site" -Feature ipv6 -Name opt-own -Port 80 `
            -Command 'sh -c "mount -t tmpfs none /tmp && exec /app/busybox httpd -f -p 80 -h /app"' -OutputDirectory "$TestDrive/own"
        $script:Probe = @{ http = '/index.html'; port = 80 }
        $script:Asked = 0
        $script:Search = @{
            Option = 'SIGNALFD', 'CONFIG_TMPFS', 'XXHASH'
            # Counts the trials, but for those whose kernel did not come to be.
            Test   = $Probe, { $script:Asked++; $true }
        }
        function Get-Failure([scriptblock] $Block) {
            try { $null = & $Block } catch { return $_ }
        }
    }
    AfterAll {
        Get-LightVM 'opt-*' | Remove-LightVM -Confirm:$false
        Get-LightVMImage 'opt-*' | Remove-LightVMImage
    }

    It 'is without what its program does not need, and with what it needs' {
        $null = [IO.Directory]::CreateDirectory("$TestDrive/first")
        foreach ($file in [IO.Directory]::GetFiles($Image.LiteralPath)) { [IO.File]::Copy($file, "$TestDrive/first/$([IO.Path]::GetFileName($file))") }
        $result = $Image | Optimize-TinyxImage @Search -Force
        $result.Removed | Should -Be 'CONFIG_SIGNALFD'
        @($result.Kept) | Should -Be 'CONFIG_XXHASH', 'CONFIG_TMPFS'
        # Both sizes go by pages, and this option's code is less than one.
        $result.KernelBytes | Should -BeGreaterOrEqual 0
        $result.MemoryBytes | Should -BeGreaterOrEqual 0
        $result.KernelSize | Should -Be ($Image.KernelSize - $result.KernelBytes)
        $reasons = @{}
        $result.Results | ForEach-Object { $reasons["$_"] = $_.Reason }
        $reasons['CONFIG_SIGNALFD'] | Should -BeNullOrEmpty
        $reasons['CONFIG_TMPFS'] | Should -Match 'ended by itself'
        $reasons['CONFIG_XXHASH'] | Should -Match 'CONFIG_XXHASH=n'
        $Asked | Should -BeGreaterThan 0
        @(Get-LightVM 'tinyx-trial-*') | Should -HaveCount 0
        @(Get-LightVMImage 'tinyx-trial-*') | Should -HaveCount 0
        @(Get-LightVMCheckpoint 'tinyx-trial-*') | Should -HaveCount 0
    }

    It 'runs' {
        $null = $Image | Import-LightVMImage -Force
        $null = New-LightVM opt-own-1 opt-own
        $address = (Get-LightVM opt-own-1).Address
        Wait-Until 'it to answer' { Invoke-Dom0Script "curl -s -m 5 http://$address/index.html || true" } 120 | Should -BeExactly 'hello'
        Stop-LightVM opt-own-1 -Timeout 60
        (Get-LightVM opt-own-1).State | Should -Be 'Stopped'
    }

    It 'comes out the same without a trial when the search is made again' {
        $script:Asked = 0
        $again = Optimize-TinyxImage "$TestDrive/first" @Search
        $Asked | Should -Be 0
        $again.Removed | Should -Be 'CONFIG_SIGNALFD'
        [IO.File]::ReadAllText("$TestDrive/first/image.json") | Should -BeExactly ([IO.File]::ReadAllText("$($Image.LiteralPath)/image.json"))
    }

    It 'does not lose what the platform needs: <Option>' -ForEach @(
        @{ Option = 'XEN_BALLOON'; Why = "'base' asks for it" }
        @{ Option = 'IPV6'; Why = "'ipv6' asks for it" }
        @{ Option = 'USB'; Why = 'no option CONFIG_USB' }
    ) {
        $failure = Get-Failure { Optimize-TinyxImage $Image.LiteralPath -Option $Option -Test $Probe -ErrorAction Stop }
        $failure.FullyQualifiedErrorId | Should -BeExactly 'InvalidArgument,LightVM.PowerShell.OptimizeTinyxImageCommand'
        $failure.ToString() | Should -Match $Why
    }

    It 'stays as it is when it does not pass as it is' {
        $before = [IO.File]::ReadAllText("$($Image.LiteralPath)/image.json")
        $failure = Get-Failure { Optimize-TinyxImage $Image.LiteralPath -Option ADVISE_SYSCALLS -Test @{ http = '/none'; port = 80 } -TestTimeout 20 -ErrorAction Stop }
        $failure.FullyQualifiedErrorId | Should -BeExactly 'TestFailed,LightVM.PowerShell.OptimizeTinyxImageCommand'
        $failure.ToString() | Should -Match 'answered with 404'
        [IO.File]::ReadAllText("$($Image.LiteralPath)/image.json") | Should -BeExactly $before
        @(Get-LightVM 'tinyx-trial-*') | Should -HaveCount 0
    }
}
