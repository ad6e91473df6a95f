namespace LightVM.Shell.Tests;

public class ArgumentTests
{
    private const string Script =
        """
        param([string] $Name, [int] $Count = 3, [switch] $Force, [Parameter(ValueFromRemainingArguments)] [string[]] $Rest)
        "$Name|$Count|$Force|$($Rest -join ',')|$($PSCommandPath -eq $MyInvocation.MyCommand.Path)"
        """;

    [Theory]
    [InlineData("a|3|False||True", "a")]
    [InlineData("a|5|False||True", "a", "5")]
    [InlineData("a|5|True||True", "-Count", "5", "-Force", "a")]
    [InlineData("a|3|False||True", "-Name:a", "-Force:$false")]
    [InlineData("a|3|False||True", "-Name:", "a")]
    [InlineData("a|7|True|b,c|True", "-Force", "a", "7", "b", "c")]
    [InlineData("a|-2|False||True", "a", "-2")]
    [InlineData("-Force|3|False||True", "--", "-Force")]
    [InlineData("a b|3|False||True", "a b")]
    [InlineData("|3|False||True", "")]
    public async Task Reach_the_parameters_as_PowerShell_binds_them(string expected, params string[] args)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "args.ps1");
        await File.WriteAllTextAsync(file, Script);

        var (code, output, error) = await ChildProcess.Lightvm(["-NoModule", file, .. args]);

        Assert.Equal((ExitCodes.Success, expected + "\n", ""), (code, output, error));
    }
}
