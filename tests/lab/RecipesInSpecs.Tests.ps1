# A fleet whose image is built of a recipe, on a real host: from nothing to a page that is served, then again, changed, broken, gone
# back, and cut off. Its kernel is the one of TinyxImages.Tests.ps1; where nobody has built that yet, the first test takes minutes.
Describe 'A recipe in a spec' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        $cache = [Environment]::GetEnvironmentVariable('XDG_CACHE_HOME')
        $script:Tinyx = [IO.Path]::Combine($(if ($cache) { $cache } else { "$HOME/.cache" }), 'lightvm/tinyx')
        $script:Spec = "$TestDrive/fleet.yaml"
        $script:RecipeFile = "$TestDrive/recipes/site.yaml"
        $null = [IO.Directory]::CreateDirectory("$TestDrive/recipes/site")

        # The page is new in each run of these tests, so that nobody has built an image with it.
        function Set-Page([string] $Text) { [IO.File]::WriteAllText("$TestDrive/recipes/site/index.html", "$Text $Run`n") }
        function Set-Recipe([string] $More = '', [string] $Packages = '[]') {
            [IO.File]::WriteAllText($RecipeFile, @"
apiVersion: lightvm/v1
kind: Recipe
packages: $Packages
paths: [/bin/busybox, site]
command: /app/busybox httpd -f -p 80 -h /app
user: www-data
ports: [80]
features: [ipv6]
$More
"@)
        }
        # What the cache keeps, and since when.
        function Get-Kept {
            @(if ([IO.Directory]::Exists("$Tinyx/images")) { foreach ($kept in [IO.Directory]::GetDirectories("$Tinyx/images")) { "$kept $([IO.Directory]::GetLastWriteTimeUtc($kept).Ticks)" } })
        }
        function Get-Page { (Invoke-Dom0Script 'curl -s -m 20 http://127.0.0.1:12190/') -join ' ' }
        function Get-Step($Steps) { @(foreach ($step in $Steps) { "$($step.Kind) $($step.Name) $($step.Action)" }) -join ', ' }
        function Get-Failure([scriptblock] $Block) { try { $null = & $Block } catch { return $_ } }
        function Get-BuildProcess {
            foreach ($process in [IO.Directory]::GetDirectories('/proc')) {
                try { $line = [IO.File]::ReadAllText("$process/cmdline") } catch { continue }
                if ($line -match 'install\.sh|mmdebstrap|zstd' -and $line -match 'tinyx') { $line.Replace("`0", ' ') }
            }
        }
        function Remove-Fleet {
            Get-LightVM 'rcp-*' | Remove-LightVM -Confirm:$false
            Get-LightVMImage 'rcp-*' | Remove-LightVMImage
        }

        $script:Run = [Guid]::NewGuid().ToString('n')
        [IO.File]::WriteAllText($Spec, @'
apiVersion: lightvm/v1
kind: Fleet
metadata: { name: rcp }
images:
  - { name: rcp-site, recipe: recipes/site.yaml }
guests:
  - name: rcp-site
    image: rcp-site
    replicas: 2
    memory: 64MB
    type: pv
    publish: ['12190:80']
    probes:
      ready: { http: 80, periodSeconds: 1 }
    update: { minHealthySeconds: 0, progressDeadline: 120 }
'@)
        Set-Page 'one'
        Set-Recipe
        Remove-Fleet
    }
    AfterAll { Remove-Fleet }

    It 'is tested without building anything' {
        $before = Get-Kept
        Test-LightVMSpec $Spec | Should -BeTrue
        Get-Kept | Should -Be $before
    }

    It 'is built to show what would be done, and the host is left alone' {
        $before = @(Get-Kept).Count
        Invoke-LightVMReconcile $Spec -WhatIf
        @(Get-Kept).Count | Should -Be ($before + 1)
        @(Get-LightVMImage 'rcp-*') | Should -HaveCount 0
        @(Get-LightVM 'rcp-*') | Should -HaveCount 0
    }

    It 'is imported, and its guests serve' {
        $script:Kept = Get-Kept
        Get-Step (Compare-LightVMSpec $Spec) | Should -BeExactly 'Image rcp-site Create, Guest rcp-site-1 Create, Guest rcp-site-2 Create'
        $results = @(Invoke-LightVMReconcile $Spec)
        @($results | ForEach-Object { "$($_.Status)" }) | Should -Be @('Succeeded', 'Succeeded', 'Succeeded')
        Wait-LightVM 'rcp-site-*' -For Ready -Timeout 120
        Get-Page | Should -BeExactly "one $Run"
        $script:First = @(Get-LightVMRevision rcp)[0]
        @((Get-LightVMImage rcp-site).Ports) | Should -Be 80
        Get-Kept | Should -Be $Kept
    }

    It 'is what Build-TinyxImage makes of the file' {
        $built = Build-TinyxImage -Recipe $RecipeFile -Name rcp-site -OutputDirectory "$TestDrive/built"
        $null = $built | Import-LightVMImage    # an error if it were another
        @(Invoke-LightVMReconcile $Spec) | Should -HaveCount 0
        Get-Kept | Should -Be $Kept
    }

    It 'has nothing to do when it is run again, and builds nothing' {
        @(Invoke-LightVMReconcile $Spec) | Should -HaveCount 0
        Test-LightVMDrift $Spec | Should -BeFalse
        # Other words that make the same.
        [IO.File]::AppendAllText($RecipeFile, "`n# The same.`n")
        [IO.File]::SetLastWriteTimeUtc("$TestDrive/recipes/site/index.html", [DateTime]::UnixEpoch)
        Test-LightVMDrift $Spec | Should -BeFalse
        Get-Kept | Should -Be $Kept
    }

    It 'brings another image to the guests when what it is made of changes, by the plan that was saved' {
        Set-Page 'two'
        $steps = @(Compare-LightVMSpec $Spec -OutFile "$TestDrive/plan.json")
        Get-Step $steps | Should -BeExactly 'Image rcp-site Update, Guest rcp-site-1 Replace, Guest rcp-site-2 Replace'
        # Something else is built by then: nothing is done.
        Set-Page 'three'
        (Get-Failure { Invoke-LightVMReconcile -Plan "$TestDrive/plan.json" -ErrorAction Stop }).FullyQualifiedErrorId |
            Should -BeExactly 'PlanStale,LightVM.PowerShell.InvokeLightVMReconcileCommand'
        Get-Page | Should -BeExactly "one $Run"

        Set-Page 'two'
        $results = @(Invoke-LightVMReconcile -Plan "$TestDrive/plan.json")
        @($results | ForEach-Object { "$($_.Kind) $($_.Action) $($_.Status)" }) | Should -Be @('Image Update Succeeded', 'Guest Replace Succeeded', 'Guest Replace Succeeded')
        Get-Page | Should -BeExactly "two $Run"
        @(Invoke-LightVMReconcile $Spec) | Should -HaveCount 0
    }

    It 'is gone back from, to the image of then' {
        [IO.File]::Move($RecipeFile, "$RecipeFile.away")
        try {
            $results = @(Undo-LightVMReconcile rcp -Revision $First.Revision)
            @($results | ForEach-Object { "$($_.Status)" }) | Should -Be @('Succeeded', 'Succeeded', 'Succeeded')
            Get-Page | Should -BeExactly "one $Run"
        } finally {
            [IO.File]::Move("$RecipeFile.away", $RecipeFile)
        }
        Test-LightVMDrift $Spec | Should -BeTrue
        $null = Invoke-LightVMReconcile $Spec
        Get-Page | Should -BeExactly "two $Run"
    }

    It 'says where it is wrong: <What>' -ForEach @(
        @{ User = 'www-data'; What = 'a key'; More = 'comand: x'; Packages = '[]'; Finding = 'recipes/site.yaml:9:1: unknown key ''comand'' of a recipe \(did you mean ''command''\?\)' }
        @{ User = 'www-data'; What = 'a file'; More = 'ociLayout: none'; Packages = '[]'; Finding = 'recipes/site.yaml:9:12: there is no directory .*/recipes/none' }
        @{ User = 'www-data'; What = 'a package'; More = ''; Packages = '[no-such-package]'; Finding = 'recipes/site.yaml:3:12: image ''rcp-site'': Debian has no package for this' }
        @{ User = 'nobody-here'; What = 'a user'; More = ''; Packages = '[]'; Finding = 'recipes/site.yaml:6:7: image ''rcp-site'': There is no user nobody-here' }
    ) {
        Set-Recipe $More $Packages
        [IO.File]::WriteAllText($RecipeFile, [IO.File]::ReadAllText($RecipeFile).Replace('user: www-data', "user: $User"))
        try {
            $failure = Get-Failure { Invoke-LightVMReconcile $Spec -ErrorAction Stop }
            $failure.FullyQualifiedErrorId | Should -BeExactly 'SpecInvalid,LightVM.PowerShell.InvokeLightVMReconcileCommand'
            $failure.ToString() | Should -Match $Finding
            @($failure.TargetObject)[0].Path | Should -Not -BeNullOrEmpty
        } finally {
            Set-Recipe
        }
        Test-LightVMDrift $Spec | Should -BeFalse
    }

    It 'leaves nothing half done when its build is interrupted, and is built after' {
        Set-Page 'four'
        Set-Recipe -Packages '[figlet]'
        $before = Get-Kept
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            $null = $shell.AddScript("Import-Module '$PSScriptRoot/../../LightVM.psd1'; `$null = Start-LightVMLab; Invoke-LightVMReconcile '$Spec'")
            $running = $shell.BeginInvoke()
            $null = Wait-Until 'the build to begin' { $running.IsCompleted -or (Get-BuildProcess) }
            if ($running.IsCompleted) { throw "it ended by itself: $($shell.InvocationStateInfo.Reason) $($shell.Streams.Error)" }
            $shell.Stop()
        } finally {
            $shell.Dispose()
        }
        $null = Wait-Until 'its processes to be gone' { -not (Get-BuildProcess) } 20
        Get-Kept | Should -Be $before
        Get-Page | Should -BeExactly "two $Run"

        $null = Invoke-LightVMReconcile $Spec
        Get-Page | Should -BeExactly "four $Run"
        $null = Wait-Until 'nothing of it to be left' { @([IO.Directory]::GetDirectories("$Tinyx/work")).Count -eq 0 } 20
    }
}
