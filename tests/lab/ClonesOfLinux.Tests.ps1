# Clones of a distribution's kernel, which learns of nothing: refused where two guests would have one address, and otherwise a copy that goes on.
Describe 'Clones of a stock Linux' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        Get-LightVM 'cll-*' | Remove-LightVM -Confirm:$false
        # Debian's kernel, as the lab has it, and a busybox that counts.
        $kernel = @(& bash -c 'ls ${XDG_CACHE_HOME:-$HOME/.cache}/lightvm/lab/linux-image-*/lib/modules/*/vmlinuz')[0]
        $init = @'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
exec </dev/hvc0 >/dev/hvc0 2>&1
n=0
while :; do n=$((n + 1)); echo "tick $n"; /bin/busybox sleep 0.2; done
'@
        $root = "$CheckoutRoot/out/clone-linux"
        $null = [IO.Directory]::CreateDirectory($root)
        [IO.File]::WriteAllText("$root/init", $init)
        & bash -c 'cd "$0" && mkdir -p r/bin r/dev && cp /bin/busybox r/bin/ && install -m 755 init r/init && (cd r && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >initrd.img' $root
        if ($LASTEXITCODE -ne 0) { throw 'no initramfs could be made' }
        $script:linux = @{ Kernel = $kernel; Ramdisk = "$root/initrd.img"; CommandLine = 'console=hvc0 quiet'; Memory = 128MB; Type = 'Pv' }
    }
    AfterAll { Get-LightVM 'cll-*' | Remove-LightVM -Confirm:$false }

    It 'go on where the source is, which goes on too' {
        $source = New-LightVM cll-a @linux -NoNetwork
        $null = Wait-Until 'it to count' { @(Get-ConsoleNumber cll-a)[-1] -gt 3 } 240
        $clone = Copy-LightVM cll-a -NewName cll-b -Timeout 60
        $clone.State | Should -Be 'Running'
        $clone.Id | Should -Not -Be $source.Id
        $first = Wait-Until 'the clone to count' { @(Get-ConsoleNumber cll-b)[0] }
        $first | Should -BeGreaterThan 3
        foreach ($name in 'cll-a', 'cll-b') {
            $null = Wait-Until "$name to count on" { @(Get-ConsoleNumber $name)[-1] -gt $first + 10 }
            $numbers = @(Get-ConsoleNumber $name)
            ($numbers -join ' ') | Should -Be (($numbers[0]..$numbers[-1]) -join ' ')
        }
    }

    It 'are refused where the source has an address, and the answer says what to do' {
        $null = New-LightVM cll-net @linux -NetworkAdapter default
        { Copy-LightVM cll-net -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidState,LightVM.PowerShell.CopyLightVMCommand'
        Copy-LightVM cll-net -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].ErrorDetails.RecommendedAction | Should -Match 'adapters'
        @(Get-LightVM 'cll-net*') | Should -HaveCount 1
    }
}
