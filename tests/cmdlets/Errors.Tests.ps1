Describe 'Bad input gives one clear error and changes nothing' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        $null = Import-LightVMImage "$PSScriptRoot/../../out/images/hello", "$PSScriptRoot/../../out/images/noop"
        Get-LightVM 'err-*' | Remove-LightVM -Confirm:$false
        # An image directory of one file with this content, described truthfully.
        function New-BadImage([string] $Name, [byte[]] $Kernel) {
            $directory = [IO.Directory]::CreateDirectory("$TestDrive/$Name").FullName
            [IO.File]::WriteAllBytes("$directory/kernel.elf", $Kernel)
            $digest = [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($Kernel)).ToLowerInvariant()
            [IO.File]::WriteAllText("$directory/image.json", @"
{ "name": "$Name", "kind": "unikernel", "minimumMemory": 4194304, "shutdownHandler": false,
  "kernel": { "file": "kernel.elf", "size": $($Kernel.Length), "digest": "sha256:$digest" } }
"@)
            $directory
        }

        # The one error that a block writes, and nothing else.
        function Get-OneError([scriptblock] $Block) {
            $all = @(& $Block 2>&1)
            $all | Should -HaveCount 1
            $all[0] | Should -BeOfType ([System.Management.Automation.ErrorRecord])
            $all[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
            $all[0]
        }
    }
    AfterAll { Get-LightVM 'err-*' | Remove-LightVM -Confirm:$false }

    BeforeEach {
        $before = @(Get-LightVM | ForEach-Object Name) -join ' '
        $imagesBefore = @(Get-LightVMImage | ForEach-Object Digest) -join ' '
    }
    AfterEach {
        @(Get-LightVM | ForEach-Object Name) -join ' ' | Should -BeExactly $before
        @(Get-LightVMImage | ForEach-Object Digest) -join ' ' | Should -BeExactly $imagesBefore
    }

    It 'an unknown image' {
        $e = Get-OneError { New-LightVM err-a no-such-image }
        $e.FullyQualifiedErrorId | Should -BeExactly 'ImageNotFound,LightVM.PowerShell.NewLightVMCommand'
        $e.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $e.Exception.Message | Should -Match 'no-such-image'
    }

    It 'a file that is no ELF' {
        $directory = New-BadImage err-text ([Text.Encoding]::ASCII.GetBytes('this is a text file, not a kernel'))
        $e = Get-OneError { Import-LightVMImage $directory }
        $e.FullyQualifiedErrorId | Should -BeExactly 'ImageInvalid,LightVM.PowerShell.ImportLightVMImageCommand'
        $e.CategoryInfo.Category | Should -Be 'InvalidData'
        $e.Exception.Message | Should -Match 'ELF'
    }

    It 'an ELF without Xen notes' {
        $directory = New-BadImage err-plain ([IO.File]::ReadAllBytes('/bin/true'))
        $e = Get-OneError { Import-LightVMImage $directory }
        $e.FullyQualifiedErrorId | Should -BeExactly 'ImageInvalid,LightVM.PowerShell.ImportLightVMImageCommand'
        $e.Exception.Message | Should -Match 'note|Xen'
    }

    It 'too little memory' {
        $e = Get-OneError { New-LightVM err-small hello -Memory 64KB }
        $e.FullyQualifiedErrorId | Should -BeExactly 'InvalidArgument,LightVM.PowerShell.NewLightVMCommand'
        $e.Exception.Message | Should -Match '4 ?M|4194304|4,194,304'
    }

    It 'more memory than the host has' {
        $e = Get-OneError { New-LightVM err-huge hello -Memory 1TB }
        $e.FullyQualifiedErrorId | Should -BeExactly 'OutOfMemory,LightVM.PowerShell.NewLightVMCommand'
        $e.CategoryInfo.Category | Should -Be 'ResourceUnavailable'
    }

    It 'a name that is <What>' -ForEach @(
        @{ What = 'with a slash'; Name = 'err/x' }
        @{ What = 'with upper case'; Name = 'Err-x' }
        @{ What = 'with a space'; Name = 'err x' }
        @{ What = 'too long'; Name = 'err-' + 'x' * 60 }
        @{ What = 'ending in a hyphen'; Name = 'err-' }
    ) {
        $e = Get-OneError { New-LightVM $Name hello }
        $e.FullyQualifiedErrorId | Should -BeExactly 'InvalidArgument,LightVM.PowerShell.NewLightVMCommand'
        $e.CategoryInfo.Category | Should -Be 'InvalidArgument'
        $e.Exception.Message | Should -Match ([regex]::Escape($Name))
    }

    It 'a guest that is not there: <Cmdlet>' -ForEach @(
        @{ Cmdlet = 'Start-LightVM' }, @{ Cmdlet = 'Stop-LightVM' }, @{ Cmdlet = 'Restart-LightVM' }, @{ Cmdlet = 'Suspend-LightVM' }
        @{ Cmdlet = 'Resume-LightVM' }, @{ Cmdlet = 'Remove-LightVM' }, @{ Cmdlet = 'Wait-LightVM' }, @{ Cmdlet = 'Receive-LightVMConsole' }
    ) {
        $e = Get-OneError { & $Cmdlet err-none }
        $e.FullyQualifiedErrorId | Should -BeLike 'GuestNotFound,LightVM.PowerShell.*'
        $e.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $e.TargetObject | Should -BeExactly 'err-none'
    }

    It 'a size that is none' {
        { New-LightVM err-a hello -Memory '4XB' } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
    }

    It 'a CPU that the host has not got' {
        $e = Get-OneError { New-LightVM err-cpu hello -Affinity 900 }
        $e.FullyQualifiedErrorId | Should -BeExactly 'InvalidArgument,LightVM.PowerShell.NewLightVMCommand'
    }

    Context 'with a guest of that name' {
        BeforeAll { $null = New-LightVM err-taken noop -NoStart }
        AfterAll { Remove-LightVM err-taken -Confirm:$false }

        It 'a duplicate name' {
            $e = Get-OneError { New-LightVM err-taken hello }
            $e.FullyQualifiedErrorId | Should -BeExactly 'GuestExists,LightVM.PowerShell.NewLightVMCommand'
            $e.CategoryInfo.Category | Should -Be 'ResourceExists'
            $e.TargetObject | Should -BeExactly 'err-taken'
        }
    }

    It 'a name given twice' {
        $made = @(New-LightVM -Name err-twice, err-twice -Image noop -NoStart -ErrorVariable problems -ErrorAction SilentlyContinue)
        $problems | Should -HaveCount 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'GuestExists,*'
        $made | Remove-LightVM -Confirm:$false
    }

    It 'a dead socket' {
        $e = Get-OneError { Connect-LightVMHost "unix:$TestDrive/dead.sock" }
        $e.FullyQualifiedErrorId | Should -BeExactly 'HostUnreachable,LightVM.PowerShell.ConnectLightVMHostCommand'
        $e.CategoryInfo.Category | Should -Be 'ConnectionError'
        $e.Exception.Message | Should -Match 'dead\.sock'
    }

    It 'a refused ssh' {
        $e = Get-OneError { Connect-LightVMHost ssh://127.0.0.1:1 }
        $e.FullyQualifiedErrorId | Should -BeExactly 'HostUnreachable,LightVM.PowerShell.ConnectLightVMHostCommand'
        $e.Exception.Message | Should -Match 'refused'
    }

    It 'what names no host' {
        $e = Get-OneError { Get-LightVM -HostName 'http://x' }
        $e.FullyQualifiedErrorId | Should -BeExactly 'InvalidArgument,LightVM.PowerShell.GetLightVMCommand'
    }
}
