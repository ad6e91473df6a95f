using LightVM.Lab.Remote;

namespace LightVM.Lab.Tests;

public sealed class RawArgumentsTests
{
    [Fact]
    public void Bytes_that_are_no_text_and_empty_arguments_are_kept()
    {
        byte[] line = [.. "lab\0exec\0--\0a\0\0"u8, 0xFF, 0xFE, 0, 0];
        var arguments = RawArguments.Last(line, 4);
        Assert.Equal([.. "a"u8], arguments[0]);
        Assert.Empty(arguments[1]);
        Assert.Equal([0xFF, 0xFE], arguments[2]);
        Assert.Empty(arguments[3]);
    }

    [Fact]
    public void None_are_asked_for_and_none_are_given() => Assert.Empty(RawArguments.Last("lab\0up\0"u8, 0));
}
