Describe 'Build-LightVMUnikernel' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        $null = Start-LightVMLab
        Get-LightVM 'built-*' | Remove-LightVM -Confirm:$false
        $app = "$TestDrive/built-app.c"
        [IO.File]::WriteAllText($app, @'
#include <lightvm/files.h>
#include <lightvm/guest.h>

int main(int argc, char **argv)
{
	printf("I am %s\n", guest_name);
	for (int i = 1; i < argc; i++)
		printf("argument %s\n", argv[i]);
	printf("files: %s\n", file_next(files_of_ramdisk(), NULL) == NULL ? "none" : "some");
	for (;;)
		guest_wait(UINT64_MAX);
}
'@)
        function New-Source([string] $Name, [string] $Text) {
            [IO.File]::WriteAllText("$TestDrive/$Name", $Text)
            "$TestDrive/$Name"
        }
        function Get-Failure([scriptblock] $Block) {
            try { $null = & $Block } catch { return $_ }
        }
    }
    AfterAll {
        Get-LightVM 'built-*' | Remove-LightVM -Confirm:$false
        Get-LightVMImage 'built-*' | Remove-LightVMImage
    }

    It 'makes one as a job, also of a file whose name looks like a wildcard' {
        [IO.File]::Copy($app, "$TestDrive/built-[1].c", $true)
        $job = Build-LightVMUnikernel -Source "$TestDrive/built-app.c" -OutputDirectory "$TestDrive/by-job" -AsJob
        $job.PSJobTypeName | Should -BeExactly LightVMJob
        $image = $job | Receive-Job -Wait -AutoRemoveJob
        $image.Name | Should -BeExactly 'built-app'
        [IO.File]::Exists("$TestDrive/by-job/image.json") | Should -BeTrue
        $image = Build-LightVMUnikernel -Source "$TestDrive/built-``[1``].c" -OutputDirectory "$TestDrive/by-escape" -AsJob | Receive-Job -Wait -AutoRemoveJob
        $image.Name | Should -BeExactly 'built-1'
    }

    It 'makes an image of a C file, which is imported, started, and prints' {
        $image = Build-LightVMUnikernel -Source $app -OutputDirectory "$TestDrive/image" -Description 'A test.'
        $image.Name | Should -BeExactly 'built-app'
        $image.Size | Should -BeLessThan 65536
        $imported = $image | Import-LightVMImage -Force
        $imported.Name | Should -BeExactly 'built-app'
        $imported.Kind | Should -BeExactly 'unikernel'
        $null = New-LightVM built-1 built-app -Argument one, 'two three'
        Wait-LightVM built-1 -Console 'files: none'
        $lines = @(Receive-LightVMConsole built-1)
        $lines | Should -Contain 'I am built-app'
        $lines | Should -Contain 'argument one'
        $lines | Should -Contain 'argument two three'
        $lines | Should -Contain 'files: none'
    }

    It 'makes an image of the program in docs/unikernels.md' {
        $text = [IO.File]::ReadAllText("$PSScriptRoot/../../docs/unikernels.md")
        $text -match '(?s)```c\r?\n(.*?)```' | Should -BeTrue
        $echo = New-Source built-echo.c $Matches[1]
        $image = Build-LightVMUnikernel $echo -Network -OutputDirectory "$TestDrive/echo" -ErrorAction Stop -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        $image.Network | Should -BeTrue
        ($image | Import-LightVMImage -Force).Name | Should -BeExactly 'built-echo'
    }

    It 'takes a main without parameters' {
        $plain = New-Source built-plain.c "#include <lightvm/guest.h>`nint main(void) { return 0; }`n"
        $image = Build-LightVMUnikernel $plain -OutputDirectory "$TestDrive/plain" -ErrorAction Stop -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        $image.Name | Should -BeExactly 'built-plain'
    }

    It 'makes the same kernel of the same source' {
        $one = Build-LightVMUnikernel $app -OutputDirectory "$TestDrive/one"
        $two = Build-LightVMUnikernel $app -OutputDirectory "$TestDrive/two"
        [Convert]::ToHexString([IO.File]::ReadAllBytes("$($one.LiteralPath)/kernel.elf")) |
            Should -BeExactly ([Convert]::ToHexString([IO.File]::ReadAllBytes("$($two.LiteralPath)/kernel.elf")))
    }

    It 'takes several files, a name, memory and a network' {
        $main = New-Source part1.c "#include <lightvm/guest.h>`nint other(void);`nint main(int argc, char **argv)`n{`n(void)argc; (void)argv;`nreturn other();`n}`n"
        $null = New-Source part2.c "int other(void);`nint other(void) { return 0; }`n"
        $image = Build-LightVMUnikernel "$TestDrive/part?.c" -Name built-two -OutputDirectory "$TestDrive/parts" -MinimumMemory 8MB -Network
        $image.Name | Should -BeExactly 'built-two'
        $json = [IO.File]::ReadAllText("$TestDrive/parts/image.json")
        $json | Should -Match '"minimumMemory":\s*8388608'
        $json | Should -Match '"network":\s*true'
    }

    It 'names the file and the line of an error' {
        $bad = New-Source bad.c "#include <lightvm/guest.h>`nint main(int argc, char **argv)`n{`n`treturn argc + nothing;`n}`n"
        $failure = Get-Failure { Build-LightVMUnikernel $bad -OutputDirectory "$TestDrive/bad" -ErrorAction Stop -WarningAction SilentlyContinue }
        $failure.FullyQualifiedErrorId | Should -BeExactly 'BuildFailed,LightVM.PowerShell.BuildLightVMUnikernelCommand'
        $failure.ToString() | Should -Match "bad\.c:4: 'nothing' undeclared"
        [IO.Directory]::Exists("$TestDrive/bad") | Should -BeFalse
    }

    It 'says what is undefined, and that the C library is not there' {
        $bad = New-Source bad2.c "#include <lightvm/guest.h>`nint absent(void);`nint main(int argc, char **argv)`n{`n(void)argc; (void)argv;`nreturn absent();`n}`n"
        (Get-Failure { Build-LightVMUnikernel $bad -ErrorAction Stop }).ToString() | Should -Match 'undefined reference to .absent'
        $bad = New-Source bad3.c "#include <stdio.h>`nint main(void) { return 0; }`n"
        (Get-Failure { Build-LightVMUnikernel $bad -ErrorAction Stop }).ToString() | Should -Match 'bad3\.c:1: stdio\.h'
        (Get-Failure { Build-LightVMUnikernel "$TestDrive/none.c" -ErrorAction Stop }).ToString() | Should -Match 'There is no file .*none\.c'
    }

    It 'writes nothing with -WhatIf' {
        Build-LightVMUnikernel $app -OutputDirectory "$TestDrive/whatif" -WhatIf | Should -BeNullOrEmpty
        [IO.Directory]::Exists("$TestDrive/whatif") | Should -BeFalse
    }
}
