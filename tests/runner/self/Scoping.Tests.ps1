# What Pester's users rely on when they share variables between blocks. Runs alike under this runner, Pester 5 and 6.
$atDiscovery = 'discovery'
function Get-DiscoveryWord { 'a function of discovery' }

BeforeDiscovery {
    $cases = @(@{ Number = 1 }, @{ Number = 2 })
    $skip = $true
}

BeforeAll {
    $file = 'file'
    $script:scripted = 'script'
    function Get-Word { "word of $file" }
}

Describe 'scopes' {
    BeforeAll {
        $block = 'outer'
        $log = [System.Collections.Generic.List[string]]::new()
        $log.Add('BeforeAll outer')
    }
    BeforeEach {
        $each = "each of $block"
        $log.Add('BeforeEach outer')
    }
    AfterEach { $log.Add('AfterEach outer') }

    It 'sees variables and functions of every BeforeAll above' {
        $file | Should -Be 'file'
        $block | Should -Be 'outer'
        Get-Word | Should -Be 'word of file'
        $scripted | Should -Be 'script'
    }

    It 'sees BeforeEach in its own scope' {
        $each | Should -Be 'each of outer'
        $each = 'changed'
        $leak = 1
        $block = 'changed'
    }

    It 'leaks nothing to the next test' {
        $leak | Should -BeNullOrEmpty
        $each | Should -Be 'each of outer'
        $block | Should -Be 'outer'
    }

    It 'does not see what discovery set' {
        $atDiscovery | Should -BeNullOrEmpty
        $cases | Should -BeNullOrEmpty
        { Get-DiscoveryWord } | Should -Throw
    }

    It 'shares script variables' {
        $script:scripted | Should -Be 'script'
        $script:scripted = 'changed'
    }

    It 'keeps a changed script variable' { $scripted | Should -Be 'changed' }

    Context 'inner' {
        BeforeAll {
            $block = 'inner'
            $inner = 'only here'
            $log.Add('BeforeAll inner')
        }
        BeforeEach { $log.Add("BeforeEach inner after $each") }
        AfterEach { $log.Add('AfterEach inner') }
        AfterAll { $log.Add('AfterAll inner') }

        It 'shadows the variables of the outer block' {
            $block | Should -Be 'inner'
            $inner | Should -Be 'only here'
            $each | Should -Be 'each of inner'
            $log.Add('It inner')
        }
    }

    It 'runs set-up from the outside in and tear-down from the inside out' {
        $block | Should -Be 'outer'
        $inner | Should -BeNullOrEmpty
        $log[-9..-2] -join ', ' | Should -Be ('AfterEach outer, BeforeAll inner, BeforeEach outer, BeforeEach inner after each of inner, ' +
            'It inner, AfterEach inner, AfterEach outer, AfterAll inner')
    }
}

Describe 'a second block' {
    It 'does not see the first one' {
        $block | Should -BeNullOrEmpty
        $file | Should -Be 'file'
    }
}

Describe 'cases' {
    It 'has the number <Number> from discovery' -ForEach $cases {
        $Number | Should -BeIn 1, 2
        $_.Number | Should -Be $Number
    }

    It 'binds a parameter' -TestCases $cases {
        param($Number)
        $Number | Should -BeIn 1, 2
    }

    It 'has the value <_>' -ForEach 'a', 'b' { $_ | Should -BeIn a, b }

    Context 'block of <Number>' -ForEach $cases {
        BeforeAll { $twice = 2 * $Number }
        It 'doubles <Number>' { $twice | Should -Be ($Number + $Number) }
        It 'and <other>' -ForEach @{ other = 'more' } {
            $Number | Should -BeIn 1, 2
            $other | Should -Be 'more'
        }
    }
}

Describe 'skipping' {
    It 'skips by a condition of discovery' -Skip:$skip { throw 'never runs' }
    It 'skips in the test' {
        Set-ItResult -Skipped -Because 'of a reason'
        throw 'never comes here'
    }
    Context 'a whole block' -Skip {
        BeforeAll { throw 'never runs' }
        It 'is skipped' { throw 'never runs' }
    }
    Context 'a block whose tests are all skipped' {
        BeforeAll { throw 'never runs' }
        It 'is skipped too' -Skip { throw 'never runs' }
    }
}

Describe 'errors' {
    It 'goes on after a non-terminating error' {
        function Write-Complaint { [CmdletBinding()] param() $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([Exception]::new('no harm'), 'Complaint', 'NotSpecified', $null)) }
        Write-Complaint -ErrorAction SilentlyContinue
        $true | Should -BeTrue
    }
}

Describe 'the file itself' {
    It 'knows where it is' {
        $PSScriptRoot | Should -BeLike '*self'
        $PSCommandPath | Should -BeLike '*Scoping.Tests.ps1'
    }
    It 'has a TestDrive' {
        "$TestDrive" | Should -Exist
        [IO.File]::WriteAllText("$TestDrive/a.txt", "one`ntwo")
        "$TestDrive/a.txt" | Should -FileContentMatch '^TWO$'
        $null = [IO.Directory]::CreateDirectory("$TestDrive/outer/inner")
        [IO.File]::WriteAllText("$TestDrive/outer/inner/b.txt", '')
    }
}

Describe 'the next block' {
    It 'has an empty TestDrive' {
        "$TestDrive/a.txt" | Should -Not -Exist
        "$TestDrive/outer" | Should -Not -Exist
    }
}
