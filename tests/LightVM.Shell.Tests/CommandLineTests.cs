namespace LightVM.Shell.Tests;

public class CommandLineTests
{
    [Fact]
    public void All_that_follows_command_is_the_command()
    {
        var line = CommandLine.Parse(["-NoProfile", "-c", "Get-LightVM", "-Name", "a"]);

        Assert.Equal(CommandLineMode.Command, line.Mode);
        Assert.Equal("Get-LightVM -Name a", line.Text);
    }

    [Fact]
    public void All_that_follows_the_file_are_its_arguments()
    {
        var line = CommandLine.Parse(["-NoModule", "x.ps1", "-NoModule", "-c"]);

        Assert.Equal(CommandLineMode.File, line.Mode);
        Assert.Equal("x.ps1", line.Text);
        Assert.True(line.NoModule);
        Assert.Equal(["-NoModule", "-c"], line.Arguments);
    }

    [Theory]
    [InlineData("-")]
    [InlineData("-c", "-")]
    [InlineData("-File", "-")]
    public void A_dash_is_standard_input(params string[] args) =>
        Assert.Equal(CommandLineMode.StandardInput, CommandLine.Parse(args).Mode);

    [Theory]
    [InlineData("-Nonsense")]
    [InlineData("-c")]
    [InlineData("-File")]
    public void What_cannot_be_understood_is_refused(params string[] args) =>
        Assert.Throws<CommandLineException>(() => CommandLine.Parse(args));

    [Fact]
    public void Options_of_pwsh_are_tolerated() =>
        Assert.Equal("1", CommandLine.Parse(["-nop", "-NoLogo", "-ExecutionPolicy", "Bypass", "-Command", "1"]).Text);
}
