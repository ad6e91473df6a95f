namespace LightVM.Toolstack.Tests;

public sealed class ArgumentsOfGuests
{
    [Theory]
    [InlineData("", false, "", new string[0])]
    [InlineData("quiet", false, "quiet", new string[0])]
    [InlineData("quiet", false, "quiet a \"b c\" \"\"", new[] { "a", "b c", "" })]
    [InlineData("", false, "-v \"x\ty\"", new[] { "-v", "x\ty" })]
    [InlineData("console=hvc0", true, "console=hvc0 -- a \"b c\"", new[] { "a", "b c" })]
    [InlineData("console=hvc0 -- first", true, "console=hvc0 -- first second", new[] { "second" })]
    [InlineData("", true, "-- a", new[] { "a" })]
    public void Come_after_the_command_line(string commandLine, bool linux, string expected, string[] arguments) =>
        Assert.Equal(expected, GuestArguments.Join(commandLine, arguments, linux));

    [Theory]
    [InlineData("a\"b")]
    [InlineData("a\0b")]
    public void Hold_nothing_that_a_command_line_cannot_carry(string argument)
    {
        LightVMException e = Assert.Throws<LightVMException>(() => GuestArguments.Check("g", "", [argument], linux: false));
        Assert.Equal(ErrorCodes.InvalidArgument, e.Problem.Code);
    }

    [Fact]
    public void Fit_with_the_command_line_into_1023_bytes()
    {
        GuestArguments.Check("g", new string('a', 500), [new string('b', 522)], linux: false);
        LightVMException e = Assert.Throws<LightVMException>(() => GuestArguments.Check("g", new string('a', 500), [new string('b', 523)], linux: false));
        Assert.Contains("1024 bytes", e.Problem.Detail, StringComparison.Ordinal);
        Assert.Throws<LightVMException>(() => GuestArguments.Check("g", new string('ä', 512), [], linux: false));
    }
}
