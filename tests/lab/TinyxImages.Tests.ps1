# Images that Build-TinyxImage makes, on a real host: Debian's nginx with Debian's own configuration as PV and PVH, a program of
# this machine's as a user of its own; builds that fail, and one that is interrupted. The first run builds a kernel: minutes.
BeforeDiscovery {
    $script:Types = @(@{ Type = 'Pv' }, @{ Type = 'Pvh' })
}

Describe 'A Tinyx image' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $script:CanPvh = @(Invoke-Dom0 cat /sys/hypervisor/properties/capabilities) -match 'hvm'
        $script:Nginx = @{ Package = 'nginx'; Command = 'nginx -g "daemon off;"'; Port = 80; Name = 'tnx-web' }
        $script:Web = Build-TinyxImage @Nginx -OutputDirectory "$TestDrive/web"
        $null = $Web | Import-LightVMImage -Force

        $null = [IO.Directory]::CreateDirectory("$TestDrive/site")
        [IO.File]::WriteAllText("$TestDrive/site/index.html", "hello from a file`n")
        # IPv6 as nginx has it: one kernel for both.
        $script:Own = Build-TinyxImage -Path /bin/busybox, "$TestDrive/site" -User www-data -Feature ipv6 -Name tnx-own `
            -Command 'sh -c "id; exec /app/busybox httpd -f -p 80 -h /app"' -OutputDirectory "$TestDrive/own"
        $null = $Own | Import-LightVMImage -Force

        function Get-Failure([scriptblock] $Block) {
            try { $null = & $Block } catch { return $_ }
        }
        # The status of the first answer of a guest's web server; the end of its console when there is none.
        function Get-HttpStatus([string] $Name) {
            $address = (Get-LightVM $Name).Address
            try {
                Wait-Until "$Name to answer" { Invoke-Dom0Script "curl -s -m 5 -o /dev/null -w '%{http_code}' http://$address/ || true" | Where-Object { $_ -ne '000' } } 120
            } catch {
                throw "$_; its console: $(@(Receive-LightVMConsole $Name -WarningAction Ignore) -join ' | ')"
            }
        }
        # What a build has mounted or left running: nothing of it lives in our own mount namespace, so processes tell.
        function Get-BuildProcess {
            foreach ($process in [IO.Directory]::GetDirectories('/proc')) {
                try { $line = [IO.File]::ReadAllText("$process/cmdline") } catch { continue }
                if ($line -match 'install\.sh|mmdebstrap' -and $line -match 'tinyx') { $line.Replace("`0", ' ') }
            }
        }
    }
    AfterAll {
        Get-LightVM 'tnx-*' | Remove-LightVM -Confirm:$false
        Get-LightVMImage 'tnx-*' | Remove-LightVMImage
    }

    It 'is small, and says what is in it' {
        $Web.Size | Should -BeLessThan 5500000
        $imported = Get-LightVMImage tnx-web
        $imported.Kind | Should -BeExactly 'linux'
        @($imported.Ports) | Should -Be 80
        $names = @($imported.Packages | ForEach-Object { $_.Name })
        $names | Should -Contain 'nginx'
        $names | Should -Contain 'libssl3'
        $names | Should -Contain 'linux-source-6.1'
        $names | Should -Not -Contain 'perl-base'
    }

    It 'is the same when it is built again' {
        $again = Build-TinyxImage @Nginx -OutputDirectory "$TestDrive/again"
        [IO.File]::ReadAllText("$($again.LiteralPath)/image.json") | Should -BeExactly ([IO.File]::ReadAllText("$($Web.LiteralPath)/image.json"))
    }

    It 'serves as <Type> with Debian''s own configuration, and ends in order' -ForEach $Types {
        if ($Type -eq 'Pvh' -and -not $CanPvh) { Set-ItResult -Skipped -Because 'this host runs no PVH guests'; return }
        $name = "tnx-web-$($Type.ToLowerInvariant())"
        $null = Invoke-Start { New-LightVM $name tnx-web -Type $Type -ErrorAction Stop }
        Get-HttpStatus $name | Should -Be 200
        Stop-LightVM $name -Timeout 60
        (Get-LightVM $name).State | Should -Be 'Stopped'
    }

    It 'is tested on the host before it is written' {
        $tested = Build-TinyxImage @Nginx -OutputDirectory "$TestDrive/tested" -Test @{ http = '/'; port = 80 }, {
            [Net.Http.HttpClient]::new().GetStringAsync("http://$($_.Endpoint[80])/").GetAwaiter().GetResult() -match 'Welcome to nginx'
        }
        $tested.Size | Should -Be $Web.Size
        @(Get-LightVM 'tinyx-trial-*') | Should -HaveCount 0
        @(Get-LightVMImage 'tinyx-trial-*') | Should -HaveCount 0
    }

    It 'is not written when its test fails: <What>' -ForEach @(
        @{ What = 'the test gave False'; Test = { $false }; Timeout = 3 }
        @{ What = 'what the test says'; Test = { throw 'what the test says' }; Timeout = 3 }
        @{ What = 'answered with 404'; Test = @{ http = '/none'; port = 80 }; Timeout = 25 }
    ) {
        $failure = Get-Failure { Build-TinyxImage @Nginx -OutputDirectory "$TestDrive/untested" -Test $Test -TestTimeout $Timeout }
        $failure.FullyQualifiedErrorId | Should -BeExactly 'TestFailed,LightVM.PowerShell.BuildTinyxImageCommand'
        $failure.ToString() | Should -Match $What
        [IO.Directory]::Exists("$TestDrive/untested") | Should -BeFalse
        @(Get-LightVM 'tinyx-trial-*') | Should -HaveCount 0
        @(Get-LightVMImage 'tinyx-trial-*') | Should -HaveCount 0
    }

    It 'runs a program of this machine as its own user, and powers off when that ends' {
        $null = New-LightVM tnx-own-1 tnx-own
        Get-HttpStatus tnx-own-1 | Should -Be 200
        @(Receive-LightVMConsole tnx-own-1) -match '^uid=33\(www-data\) gid=33\(www-data\)' | Should -HaveCount 1
        $ends = Build-TinyxImage -Path /bin/busybox -Feature ipv6 -Name tnx-ends -Command '/app/busybox false' -OutputDirectory "$TestDrive/ends"
        $null = $ends | Import-LightVMImage -Force
        $null = New-LightVM tnx-ends-1 tnx-ends -RestartPolicy Never
        Wait-LightVM tnx-ends-1 -For Stopped -Timeout 60
        @(Receive-LightVMConsole tnx-ends-1) | Should -Contain 'tinyx: the application ended with exit code 1'
    }

    It 'is not made of what there is not: <Code>, <What>' -ForEach @(
        @{ Code = 'InvalidArgument'; What = 'no package for this'; Parameters = @{ Package = 'no-such-package' } }
        @{ Code = 'InvalidArgument'; What = 'no user'; Parameters = @{ Package = 'nginx'; User = 'nobody-here' } }
        @{ Code = 'InvalidArgument'; What = 'no kernel feature'; Parameters = @{ Package = 'nginx'; Feature = 'usb' } }
        @{ Code = 'InvalidArgument'; What = 'There is no file'; Parameters = @{ Path = '/no/such/file' } }
    ) {
        $failure = Get-Failure { Build-TinyxImage @Parameters -Command x -Name tnx-bad -OutputDirectory "$TestDrive/bad" -ErrorAction Stop }
        $failure.FullyQualifiedErrorId | Should -BeExactly "$Code,LightVM.PowerShell.BuildTinyxImageCommand"
        $failure.ToString() | Should -Match $What
        [IO.Directory]::Exists("$TestDrive/bad") | Should -BeFalse
    }

    Context 'with a cache of its own' {
        BeforeAll {
            $script:UserCache = [Environment]::GetEnvironmentVariable('XDG_CACHE_HOME')
            $script:Base = [IO.Path]::Combine($(if ($UserCache) { $UserCache } else { "$HOME/.cache" }), 'lightvm/tinyx/base')
            $script:Cache = [IO.Directory]::CreateTempSubdirectory('tnx-cache-').FullName
            [Environment]::SetEnvironmentVariable('XDG_CACHE_HOME', $Cache)
            # A program of this machine has to succeed.
            function Invoke-Here([string] $Program) {
                & $Program @args
                if ($LASTEXITCODE -ne 0) { throw "$Program $args ended with exit code $LASTEXITCODE" }
            }
        }
        AfterAll {
            [Environment]::SetEnvironmentVariable('XDG_CACHE_HOME', $UserCache)
            [IO.Directory]::Delete($Cache, $true)
        }

        It 'says which package''s install script failed' {
            # Debian's minimal system, in which no user can be made.
            $null = [IO.Directory]::CreateDirectory("$Cache/lightvm/tinyx")
            $null = Invoke-Here cp -al $Base "$Cache/lightvm/tinyx/base"
            foreach ($root in [IO.Directory]::GetDirectories("$Cache/lightvm/tinyx/base")) {
                [IO.File]::Delete("$root/root/usr/sbin/useradd")
                $null = [IO.File]::CreateSymbolicLink("$root/root/usr/sbin/useradd", '/bin/false')
            }
            $failure = Get-Failure { Build-TinyxImage redis-server -Command 'redis-server' -Name tnx-bad -OutputDirectory "$TestDrive/bad" }
            $failure.FullyQualifiedErrorId | Should -BeExactly 'BuildFailed,LightVM.PowerShell.BuildTinyxImageCommand'
            $failure.ToString() | Should -Match 'redis'
            @(Get-BuildProcess) | Should -HaveCount 0
            @([IO.Directory]::GetDirectories("$Cache/lightvm/tinyx/work")) | Should -HaveCount 0
            @([IO.Directory]::GetDirectories("$Cache/lightvm/tinyx/packages")) | Should -HaveCount 0
        }

        It 'says when there is no space left' {
            $small = [IO.Directory]::CreateDirectory("$Cache/small").FullName
            $null = Invoke-Here mount -t tmpfs -o size=16m tmpfs $small
            try {
                [Environment]::SetEnvironmentVariable('XDG_CACHE_HOME', $small)
                $failure = Get-Failure { Build-TinyxImage @Nginx -OutputDirectory "$TestDrive/bad" }
            } finally {
                [Environment]::SetEnvironmentVariable('XDG_CACHE_HOME', $Cache)
                # It fails if anything of the build still uses it.
                $null = Invoke-Here umount $small
            }
            $failure.FullyQualifiedErrorId | Should -BeExactly 'DiskFull,LightVM.PowerShell.BuildTinyxImageCommand'
            [IO.Directory]::Exists("$TestDrive/bad") | Should -BeFalse
        }
    }

    It 'leaves no process when its build is interrupted, and can be built after' {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            $null = $shell.AddScript("Import-Module '$PSScriptRoot/../../LightVM.psd1'; Build-TinyxImage -Package cowsay -Command cowsay -Feature ipv6 -Name tnx-cut -OutputDirectory '$TestDrive/cut'")
            $running = $shell.BeginInvoke()
            $null = Wait-Until 'the build to install, or to be done' { $running.IsCompleted -or (Get-BuildProcess) }
            $shell.Stop()
        } finally {
            $shell.Dispose()
        }
        $null = Wait-Until 'its processes to be gone' { -not (Get-BuildProcess) } 20
        (Build-TinyxImage @Nginx -OutputDirectory "$TestDrive/after").Size | Should -Be $Web.Size
    }
}
