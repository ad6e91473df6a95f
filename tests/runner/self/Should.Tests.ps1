# Should's operators, each where it passes and where it fails. Runs alike under this runner, Pester 5 and 6.
Describe 'Should' {
    It 'passes: <Text>' -ForEach @(
        @{ Text = '1 | Should -Be 1' }
        @{ Text = "'a' | Should -Be 'A'" }
        @{ Text = "'1' | Should -Be 1" }
        @{ Text = '1 | Should -Be 1.0' }
        @{ Text = '$null | Should -Be $null' }
        @{ Text = '@(1, 2) | Should -Be @(1, 2)' }
        @{ Text = '@(1, 2) | Should -Not -Be @(2, 1)' }
        @{ Text = '@(1, @(2, 3)) | Should -Be @(1, @(2, 3))' }
        @{ Text = '@() | Should -Be @()' }
        @{ Text = '1 | Should -Not -Be 2' }
        @{ Text = "'a' | Should -BeExactly 'a'" }
        @{ Text = "'a' | Should -Not -BeExactly 'A'" }
        @{ Text = '$true | Should -BeTrue' }
        @{ Text = '1 | Should -BeTrue' }
        @{ Text = '0 | Should -BeFalse' }
        @{ Text = '$null | Should -BeFalse' }
        @{ Text = "'x' | Should -Not -BeFalse" }
        @{ Text = '$null | Should -BeNullOrEmpty' }
        @{ Text = "'' | Should -BeNullOrEmpty" }
        @{ Text = '@() | Should -BeNullOrEmpty' }
        @{ Text = '@{} | Should -BeNullOrEmpty' }
        @{ Text = '@(1, 2) | Should -Not -BeNullOrEmpty' }
        @{ Text = '0 | Should -Not -BeNullOrEmpty' }
        @{ Text = '2 | Should -BeGreaterThan 1' }
        @{ Text = '2 | Should -BeGreaterOrEqual 2' }
        @{ Text = '10 | Should -BeLessThan 11' }
        @{ Text = '2 | Should -BeLessOrEqual 2' }
        @{ Text = '2 | Should -Not -BeLessThan 2' }
        @{ Text = "'lightvm' | Should -BeLike 'LIGHT*'" }
        @{ Text = "'lightvm' | Should -BeLikeExactly 'light*'" }
        @{ Text = "'lightvm' | Should -Not -BeLikeExactly 'LIGHT*'" }
        @{ Text = "'lightvm' | Should -Match '^LIGHT'" }
        @{ Text = "'lightvm' | Should -MatchExactly 'vm$'" }
        @{ Text = "'a', 'b' | Should -Match '[ab]'" }
        @{ Text = '1 | Should -BeIn 1, 2' }
        @{ Text = '3 | Should -Not -BeIn @(1, 2)' }
        @{ Text = '1, 2 | Should -Contain 2' }
        @{ Text = '1, 2 | Should -Not -Contain 3' }
        @{ Text = '1, 2, 3 | Should -HaveCount 3' }
        @{ Text = '@() | Should -HaveCount 0' }
        @{ Text = '1 | Should -HaveCount 1' }
        @{ Text = 'Should -ActualValue @(1, 2) -HaveCount 2' }
        @{ Text = '1 | Should -BeOfType [int]' }
        @{ Text = '1 | Should -BeOfType int' }
        @{ Text = "'a' | Should -HaveType ([string])" }
        @{ Text = "'a' | Should -Not -BeOfType [int]" }
        @{ Text = '[Environment]::CurrentDirectory | Should -Exist' }
        @{ Text = "'/no/such' | Should -Not -Exist" }
        @{ Text = "{ throw 'oops' } | Should -Throw" }
        @{ Text = "{ throw 'oops' } | Should -Throw 'oops'" }
        @{ Text = "{ throw 'oops' } | Should -Throw 'OO*'" }
        @{ Text = "{ throw 'oops' } | Should -Throw -ExpectedMessage '*ps' -ErrorId 'oops'" }
        @{ Text = "{ throw [ArgumentException]'bad' } | Should -Throw -ExceptionType ([ArgumentException])" }
        @{ Text = '{ 1 / 0 } | Should -Throw' }
        @{ Text = '{ $true } | Should -Not -Throw' }
        @{ Text = "(Get-Command Import-Module) | Should -HaveParameter Name -Mandatory" }
        @{ Text = "(Get-Command Import-Module) | Should -HaveParameter Name -Type ([string[]])" }
        @{ Text = "(Get-Command Import-Module) | Should -Not -HaveParameter Nonsense" }
        @{ Text = "(Get-Command Import-Module) | Should -HaveParameter PSSession -Type System.Management.Automation.Runspaces.PSSession" }
    ) { & ([scriptblock]::Create($Text)) }

    It 'fails: <Text>' -ForEach @(
        @{ Text = '1 | Should -Be 2 -Because "of that"'; Message = 'Expected 2, because of that, but got 1.' }
        @{ Text = '$null | Should -Be 2'; Message = 'Expected 2, but got $null.' }
        @{ Text = '@(1, 2) | Should -Be @(1, 3)' }
        @{ Text = '@(1, 2) | Should -Be @(1, 2, 3)' }
        @{ Text = "'a' | Should -Be 'b'" }
        @{ Text = '$false | Should -Be 1' }
        @{ Text = '1 | Should -Not -Be 1' }
        @{ Text = "'a' | Should -BeExactly 'A'" }
        @{ Text = '$null | Should -BeTrue'; Message = 'Expected $true, but got $null.' }
        @{ Text = '1 | Should -BeFalse'; Message = 'Expected $false, but got 1.' }
        @{ Text = '0 | Should -BeNullOrEmpty'; Message = 'Expected $null or empty, but got 0.' }
        @{ Text = '1 | Should -BeGreaterThan 1' }
        @{ Text = '1 | Should -BeGreaterOrEqual 2' }
        @{ Text = '1 | Should -BeLessThan 1' }
        @{ Text = '2 | Should -BeLessOrEqual 1' }
        @{ Text = "'a' | Should -BeLike 'b*'" }
        @{ Text = "'a' | Should -Match 'b'" }
        @{ Text = "'a', 'b' | Should -Match 'a'" }
        @{ Text = '3 | Should -BeIn 1, 2' }
        @{ Text = '1, 2 | Should -Contain 3' }
        @{ Text = '1, 2 | Should -HaveCount 3' }
        @{ Text = '1 | Should -BeOfType [string]' }
        @{ Text = "'/no/such' | Should -Exist" }
        @{ Text = '{ $true } | Should -Throw'; Message = 'Expected an exception to be thrown, but no exception was thrown.' }
        @{ Text = "{ throw 'oops' } | Should -Throw 'other'" }
        @{ Text = "{ throw 'oops' } | Should -Not -Throw" }
        @{ Text = "{ throw 'oops' } | Should -Throw -ExceptionType ([ArgumentException])" }
        @{ Text = "(Get-Command Import-Module) | Should -HaveParameter Nonsense" }
        @{ Text = "(Get-Command Import-Module) | Should -HaveParameter Force -Mandatory" }
    ) {
        $failure = try { & ([scriptblock]::Create($Text)); $null } catch { $_ }
        $failure | Should -Not -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -BeLike 'PesterAssertionFailed*'
        if ($Message) { $failure.Exception.Message | Should -Be $Message }
    }

    It 'hands on the error with -PassThru' {
        $failure = { throw 'oops' } | Should -Throw -PassThru
        $failure.Exception.Message | Should -Be 'oops'
    }

    It 'runs a thrown block in a scope of its own' {
        $x = 1
        { $x = 2; throw 'x' } | Should -Throw
        $x | Should -Be 1
    }
}
