# What README.md shows is what specs/demo.ps1 prints on a real host: same lines, in the same order; only numbers differ.
Describe 'The transcript in README.md' -Tag Lab {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../LightVM.psd1"
        . "$PSScriptRoot/Dom0.ps1"
        $null = Start-LightVMLab
        function ConvertTo-Masked([string] $Line) { ($Line -replace '\d+(\.\d+)*', '0' -replace '\s+', ' ').Trim() }
        function Remove-Fleet { Get-LightVM | Where-Object Fleet -eq 'quickstart' | Remove-LightVM -Confirm:$false }
        Remove-Fleet
    }
    AfterAll { Remove-Fleet }

    It 'is what the demo prints' {
        $readme = [IO.File]::ReadAllText("$CheckoutRoot/README.md")
        $readme -match '(?s)```text\n(.*?)```' | Should -BeTrue
        $shown = @($Matches[1].Split("`n") | ForEach-Object { ConvertTo-Masked $_ } | Where-Object { $_ })
        $env:LIGHTVM_HOST = "ssh://lab?config=$CheckoutRoot/out/lab/default/ssh_config"
        try { $printed = @(& "$CheckoutRoot/out/shell/lightvm" "$CheckoutRoot/specs/demo.ps1") }
        finally { $env:LIGHTVM_HOST = $null }
        $LASTEXITCODE | Should -Be 0
        $rest = @($printed | ForEach-Object { ConvertTo-Masked $_ })
        foreach ($line in $shown) {
            $at = [Array]::IndexOf($rest, $line)
            $at | Should -BeGreaterOrEqual 0 -Because "the demo prints '$line' there"
            $rest = @(if ($at + 1 -lt $rest.Count) { $rest[($at + 1)..($rest.Count - 1)] })
        }
    }
}
