namespace LightVM.Shell.Tests;

public class PromptTests
{
    [Fact]
    public void Runs_statements_of_several_lines_keeps_variables_and_ends_with_exit()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var console = new ShellConsole(output, error, outIsTerminal: false, errorIsTerminal: false);
        using var session = ShellSession.Open(console, new ShellSessionOptions());
        using var input = new StringReader("$x = 1\nif ($x) {\n'one'\n}\nthrow 'oops'\n$x + 1\nexit 3\n'never'\n");

        var code = new Prompt(session, console, input).Run();

        Assert.Equal(3, code);
        Assert.Equal("one\n2\n", output.ToString());
        Assert.Contains("oops", error.ToString(), StringComparison.Ordinal);
    }
}
