# What is wrong with a spec is said at once, with its place, and nothing is changed.
BeforeDiscovery {
    $head = "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: pester-errors }`n"
    $broken = @(
        @{ Name = 'an unknown key'; Text = $head + "guests:`n  - name: pe-a`n    image: hello`n    memmory: 4MB`n"; At = '7:5'; Like = "*unknown key 'memmory'*did you mean 'memory'*" }
        @{ Name = 'a duplicate key'; Text = $head + "guests:`n  - name: pe-a`n    image: hello`n    memory: 4MB`n    memory: 8MB`n"; At = '8:5'; Like = "*duplicate key 'memory'*line 7*" }
        @{ Name = 'a tab'; Text = $head + "guests:`n  - name: pe-a`n`timage: hello`n"; At = '6:1'; Like = '*tab*expected spaces*' }
        @{ Name = 'a tab after blanks'; Text = $head + "guests:`n  - name: pe-a`n  `timage: hello`n"; At = '6:3'; Like = '*tab*expected spaces*' }
        @{ Name = 'a missing key'; Text = $head + "guests:`n  - name: pe-a`n"; At = '5:5'; Like = "*without 'image'*" }
        @{ Name = 'a wrong type'; Text = $head + "guests:`n  - { name: pe-a, image: hello, vcpus: two }`n"; At = '5:40'; Like = '*whole number from 1 to 128*' }
        @{ Name = 'a bad word'; Text = $head + "guests:`n  - { name: pe-a, image: hello, restartPolicy: Always }`n"; At = '5:48'; Like = '*never, onFailure or always*' }
        @{ Name = 'a name with a slash'; Text = $head + "guests:`n  - { name: pe/a, image: hello }`n"; At = '5:13'; Like = "*'pe/a' is not a name*" }
        @{ Name = 'a bad size'; Text = $head + "guests:`n  - { name: pe-a, image: hello, memory: 4M }`n"; At = '5:41'; Like = '*such as 4MB*' }
        @{ Name = 'a clash of replicas'; Text = $head + "guests:`n  - { name: pe-a, image: hello, replicas: 3 }`n  - { name: pe-a-2, image: hello }`n"; At = '6:13'; Like = '*broken.yaml:5*' }
        @{ Name = 'an alias'; Text = $head + "guests:`n  - &a { name: pe-a, image: hello }`n  - *a`n"; At = '6:5'; Like = '*alias*' }
        @{ Name = 'a missing directory'; Text = $head + "images:`n  - { name: hello, path: nowhere }`nguests: []`n"; At = '5:26'; Like = '*nowhere*' }
        @{ Name = 'an image that is nowhere'; Text = $head + "guests:`n  - { name: pe-a, image: pe-none }`n"; At = '5:26'; Like = "*neither under images: nor on host*" }
        @{ Name = 'an open quote'; Text = $head + "guests:`n  - name: `"pe-a`n"; At = '5:11'; Like = '*quote*' }
        @{ Name = 'an empty file'; Text = ''; At = '1:1'; Like = '*empty*' }
    )
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../LightVM.psd1"
    $null = Start-LightVMLab

    function Write-Spec([string] $Text, [string] $Name = 'broken.yaml') {
        $path = [System.IO.Path]::Combine($TestDrive, $Name)
        [System.IO.File]::WriteAllText($path, $Text)
        $path
    }

    # The error that ends a command.
    function Get-Problem([scriptblock] $Command) {
        try { $null = & $Command } catch { return $_ }
    }
}

Describe 'A spec with <Name>' -ForEach $broken {
    It 'ends Invoke-LightVMReconcile with SpecInvalid at its place, and changes nothing' {
        $path = Write-Spec $Text
        $before = @(Get-LightVM).Count
        $problem = Get-Problem { Invoke-LightVMReconcile $path }
        $problem.FullyQualifiedErrorId | Should -Be 'SpecInvalid,LightVM.PowerShell.InvokeLightVMReconcileCommand'
        $problem.CategoryInfo.Category | Should -Be 'InvalidData'
        $problem.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $problem.Exception.Message | Should -BeLike "*broken.yaml:${At}: *"
        $problem.Exception.Message | Should -BeLike $Like
        $finding = @($problem.TargetObject)[0]
        "$($finding.Line):$($finding.Column)" | Should -Be $At
        $finding.File | Should -BeLike '*broken.yaml'
        $finding.Expected | Should -Not -BeNullOrEmpty
        @(Get-LightVM).Count | Should -Be $before
    }

    It 'makes Test-LightVMSpec write false and the finding' {
        Test-LightVMSpec (Write-Spec $Text) -ErrorAction SilentlyContinue -ErrorVariable problems | Should -BeFalse
        $problems[0].FullyQualifiedErrorId | Should -Be 'SpecInvalid,LightVM.PowerShell.TestLightVMSpecCommand'
        "$($problems[0].TargetObject.Line):$($problems[0].TargetObject.Column)" | Should -Be $At
    }
}

Describe 'Findings' {
    It 'come all at once, sorted, whatever their phase' {
        $path = Write-Spec "apiVersion: v1`nkind: Fleet`nmetadata: { nam: x }`nguests:`n  - name: pe-a`n    image: hello`n    replica: 2`n  - name: pe-a`n    image: hello`n"
        $problem = Get-Problem { Invoke-LightVMReconcile $path }
        @($problem.Exception.Message -split "`n" -match '^\S').Count | Should -Be 5
        $problem.Exception.Message | Should -BeLike "*`n    7 |     replica: 2`n      |     ^`n*" # each with its line
        $places = foreach ($finding in $problem.TargetObject) { "$($finding.Line):$($finding.Column)" }
        $places -join ' ' | Should -Be '1:13 3:11 3:13 7:5 8:11'
        $problem.TargetObject[3].Path | Should -Be 'guests[0].replica'
    }

    It 'name the file as it was given' {
        $null = Write-Spec '' -Name 'as-given.yaml'
        $path = "$TestDrive/./as-given.yaml"
        (Get-Problem { Invoke-LightVMReconcile $path }).Exception.Message | Should -BeLike "$path`:1:1: *"
    }

    It 'are of the file whose name looks like a wildcard, where there is one' {
        $null = Write-Spec '' -Name "it's [prod] größe.yaml"
        (Get-Problem { Invoke-LightVMReconcile "$TestDrive/it's [prod] größe.yaml" }).Exception.Message | Should -BeLike '*größe.yaml:1:1: *'
        Invoke-LightVMReconcile "$TestDrive/it's [none].yaml" | Should -BeNullOrEmpty
    }

    It 'of several files are an error each, and no file is applied' {
        $null = Write-Spec 'a: 1' -Name 'many-1.yaml'
        $null = Write-Spec "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: pester-errors }`nguests: []`n" -Name 'many-2.yaml'
        $null = Write-Spec 'b: 1' -Name 'many-3.yaml'
        $before = $Error.Count
        $last = Get-Problem { Invoke-LightVMReconcile "$TestDrive/many-*.yaml" -ErrorAction SilentlyContinue }
        $last.Exception.Message | Should -BeLike '*many-3.yaml*'
        $Error.Count | Should -Be ($before + 2)
    }

    It 'include two files of one fleet' {
        $text = "apiVersion: lightvm/v1`nkind: Fleet`nmetadata: { name: pester-errors }`nguests: []`n"
        $null = Write-Spec $text -Name 'same-1.yaml'
        $null = Write-Spec $text -Name 'same-2.yaml'
        (Get-Problem { Invoke-LightVMReconcile "$TestDrive/same-*.yaml" }).Exception.Message | Should -BeLike '*same-2.yaml:3:19: *same-1.yaml:3*'
    }
}

Describe 'A spec file that is not there' {
    It 'is SpecNotFound' {
        (Get-Problem { Invoke-LightVMReconcile "$TestDrive/none.yaml" }).FullyQualifiedErrorId | Should -BeLike 'SpecNotFound,*'
        Test-LightVMSpec "$TestDrive/none.yaml" -ErrorAction SilentlyContinue -ErrorVariable problems | Should -BeFalse
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'SpecNotFound,*'
    }
}

Describe 'The samples' {
    It 'are right' {
        foreach ($file in [System.IO.Directory]::GetFiles("$PSScriptRoot/../../specs", '*.yaml')) {
            Test-LightVMSpec $file | Should -BeTrue
        }
    }
}
