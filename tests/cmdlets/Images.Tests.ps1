Describe 'Images' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'img-*' | Remove-LightVM -Confirm:$false
        # A copy of an image directory under another name, with its manifest changed as told.
        function New-ImageDirectory([string] $Name, [string] $From = 'noop', [scriptblock] $Change) {
            $directory = [IO.Directory]::CreateDirectory("$TestDrive/$Name-$([guid]::NewGuid().ToString('N').Substring(0, 6))").FullName
            [IO.File]::Copy("$PSScriptRoot/../../out/images/$From/kernel.elf", "$directory/kernel.elf")
            $json = [IO.File]::ReadAllText("$PSScriptRoot/../../out/images/$From/image.json") -replace '"name":\s*"[a-z]+"', "`"name`": `"$Name`""
            if ($Change) { $json = $json | ForEach-Object $Change }
            [IO.File]::WriteAllText("$directory/image.json", $json)
            $directory
        }
    }
    AfterAll {
        Get-LightVM 'img-*' | Remove-LightVM -Confirm:$false
        Get-LightVMImage 'img-*' | Remove-LightVMImage
    }

    It 'are imported from a directory' {
        $image = Import-LightVMImage (New-ImageDirectory img-a)
        $image.GetType().FullName | Should -BeExactly 'LightVM.Image'
        $image.Name | Should -BeExactly 'img-a'
        $image.Kind | Should -BeExactly 'unikernel'
        $image.Digest | Should -Match '^sha256:[0-9a-f]{64}$'
        $image.Size | Should -BeGreaterThan 0
        $image.HostName | Should -Not -BeNullOrEmpty
        (Get-LightVMImage img-a).Digest | Should -BeExactly $image.Digest
    }

    It 'are imported by wildcard, pipeline and literal path' {
        $first = New-ImageDirectory img-w1
        $second = New-ImageDirectory img-w2
        @(Import-LightVMImage "$TestDrive/img-w?-*") | Should -HaveCount 2
        @($first, $second | Import-LightVMImage) | Should -HaveCount 2
        (Import-LightVMImage -LiteralPath $first).Name | Should -BeExactly 'img-w1'
    }

    It 'of the same name and digest are returned as they are' {
        $directory = New-ImageDirectory img-same
        $one = Import-LightVMImage $directory
        $two = Import-LightVMImage $directory -ErrorAction Stop
        $two.Digest | Should -BeExactly $one.Digest
        $two.ImportTime | Should -Be $one.ImportTime
    }

    It 'of the same name and another digest are ImageExists, unless -Force' {
        $null = Import-LightVMImage (New-ImageDirectory img-other)
        $other = New-ImageDirectory img-other -From hello
        { Import-LightVMImage $other -ErrorAction Stop } | Should -Throw -ErrorId 'ImageExists,LightVM.PowerShell.ImportLightVMImageCommand'
        $forced = Import-LightVMImage $other -Force
        (Get-LightVMImage img-other).Digest | Should -BeExactly $forced.Digest
    }

    It 'are found by wildcard; a literal name that is not there is ImageNotFound' {
        (@(Get-LightVMImage 'nO*') | ForEach-Object Name) | Should -Contain 'noop'
        Get-LightVMImage 'img-none*' -ErrorAction Stop | Should -BeNullOrEmpty
        { Get-LightVMImage img-none -ErrorAction Stop } | Should -Throw -ErrorId 'ImageNotFound,LightVM.PowerShell.GetLightVMImageCommand'
    }

    It 'are removed by name and from the pipeline' {
        $null = Import-LightVMImage (New-ImageDirectory img-r1), (New-ImageDirectory img-r2)
        Remove-LightVMImage img-r1
        Get-LightVMImage img-r2 | Remove-LightVMImage
        Get-LightVMImage 'img-r?' | Should -BeNullOrEmpty
    }

    It 'are not removed while a guest is defined by them' {
        $null = Import-LightVMImage (New-ImageDirectory img-used)
        $null = New-LightVM img-guest img-used -NoStart
        { Remove-LightVMImage img-used -ErrorAction Stop } | Should -Throw -ErrorId 'ImageInUse,LightVM.PowerShell.RemoveLightVMImageCommand'
        Remove-LightVM img-guest -Confirm:$false
        Remove-LightVMImage img-used -ErrorAction Stop
    }

    It 'that are damaged are ImageInvalid before anything is sent: <What>' -ForEach @(
        @{ What = 'another digest'; Change = { $_ -replace 'sha256:[0-9a-f]{8}', 'sha256:00000000' }; Cause = 'digest' }
        @{ What = 'a path that leaves the directory'; Change = { $_ -replace 'kernel\.elf', '../kernel.elf' }; Cause = 'plain name' }
        @{ What = 'broken JSON'; Change = { $_ -replace '\}\s*$', '' }; Cause = 'image\.json:\d+:\d+' }
        @{ What = 'a wrong size'; Change = { $_ -replace '"size":\s*\d+', '"size": 1' }; Cause = 'bytes' }
    ) {
        $directory = New-ImageDirectory img-bad -Change $Change
        Import-LightVMImage $directory -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems | Should -HaveCount 1
        $problems[0].FullyQualifiedErrorId | Should -BeExactly 'ImageInvalid,LightVM.PowerShell.ImportLightVMImageCommand'
        $problems[0].Exception.Message | Should -Match $Cause
        Get-LightVMImage 'img-bad*' | Should -BeNullOrEmpty
    }
}
