namespace LightVM.Shell.Tests;

public class OutputTests
{
    [Fact]
    public async Task Data_alone_goes_to_standard_output()
    {
        const string script =
            """
            $VerbosePreference = 'Continue'
            function Write-All {
                [CmdletBinding()] param()
                $PSCmdlet.WriteVerbose('verbose'); $PSCmdlet.WriteWarning('warning')
                $PSCmdlet.WriteProgress([System.Management.Automation.ProgressRecord]::new(1, 'activity', 'status'))
                $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([Exception]::new('error'), 'Id', 'NotSpecified', $null))
                'data'
            }
            Write-All
            $Host.UI.WriteLine('host')
            [pscustomobject]@{ Name = 'a'; Count = 2 }
            """;

        var (code, output, error) = await ChildProcess.Lightvm("-NoModule", "-c", script);

        Assert.Equal(ExitCodes.Failed, code);
        Assert.Equal("data\n\nName Count\n---- -----\na        2\n\n", output);
        Assert.Equal(
            ["VERBOSE: verbose", "WARNING: warning", "activity: status", "Write-All: error", "host"],
            error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task What_was_written_before_a_terminating_error_is_not_lost()
    {
        var (code, output, error) = await ChildProcess.Lightvm("-NoModule", "-c", "[pscustomobject]@{ Name = 'a' }; throw 'oops'");

        Assert.Equal((ExitCodes.Failed, "\nName\n----\na\n\n", "oops\n"), (code, output, error));
    }

    [Fact]
    public async Task A_programs_standard_error_comes_as_it_is()
    {
        var (_, output, error) = await ChildProcess.Lightvm("-NoModule", "-c", "/bin/sh -c 'echo one; echo two >&2; echo three >&2'");

        Assert.Equal(("one\n", "two\nthree\n"), (output, error));
    }

    [Fact]
    public async Task Strings_come_as_they_are()
    {
        var (_, output, _) = await ChildProcess.Lightvm("-NoModule", "-c", "'x' * 500; \"`e[31mred`e[0m\"");

        Assert.Equal(new string('x', 500) + "\n\e[31mred\e[0m\n", output);
    }

    [Fact]
    public async Task An_error_names_its_command_place_and_recommendation()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "fails.ps1");
        await File.WriteAllTextAsync(
            file,
            """
            function Start-Thing {
                [CmdletBinding()] param()
                $e = [System.Management.Automation.ErrorRecord]::new([Exception]::new('it is broken'), 'Id', 'NotSpecified', $null)
                $e.ErrorDetails = [System.Management.Automation.ErrorDetails]::new('the thing is broken')
                $e.ErrorDetails.RecommendedAction = 'Mend it.'
                $PSCmdlet.WriteError($e)
            }
            Start-Thing
            """);

        var (_, _, error) = await ChildProcess.Lightvm("-NoModule", file);

        Assert.Equal($"Start-Thing: the thing is broken\n  at {file}:8\n  Recommendation: Mend it.\n", error);
    }

    [Fact]
    public async Task A_syntax_error_names_its_position()
    {
        var (code, _, error) = await ChildProcess.Lightvm("-NoModule", "-c", "if (1) {");

        Assert.Equal(ExitCodes.Failed, code);
        Assert.StartsWith("line 1:8: Missing closing '}'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_without_a_terminal_is_an_error_and_nothing_happens()
    {
        const string function =
            "function Remove-Thing { [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')] param() "
            + "if ($PSCmdlet.ShouldProcess('it')) { 'removed' } }; ";

        var asked = await ChildProcess.Lightvm("-NoModule", "-c", function + "Remove-Thing");
        var told = await ChildProcess.Lightvm("-NoModule", "-c", function + "Remove-Thing -Confirm:$false");

        Assert.Equal((ExitCodes.Failed, ""), (asked.Code, asked.Out));
        Assert.Contains("-Confirm:$false", asked.Error, StringComparison.Ordinal);
        Assert.Equal((ExitCodes.Success, "removed\n", ""), told);
    }

    [Fact]
    public async Task A_command_of_the_whole_PowerShell_is_named_as_such()
    {
        var (_, _, error) = await ChildProcess.Lightvm("-NoModule", "-c", "1 | Select-Object");

        Assert.Contains("Recommendation: This lightvm stands on PowerShell's engine alone", error, StringComparison.Ordinal);
    }
}
