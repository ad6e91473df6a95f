namespace LightVM.PowerShell.Tests;

public sealed class SizesAreRead
{
    [Theory]
    [InlineData("4MB", 4194304)]
    [InlineData("4MiB", 4194304)]
    [InlineData("4 mb", 4194304)]
    [InlineData("4096KB", 4194304)]
    [InlineData("0.5GB", 536870912)]
    [InlineData("1TB", 1099511627776)]
    [InlineData("4194304", 4194304)]
    [InlineData("512B", 512)]
    public void With_a_unit_or_without(string text, long bytes)
    {
        Assert.True(MemorySize.TryParse(text, out long read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MB")]
    [InlineData("4XB")]
    [InlineData("-4MB")]
    [InlineData("0.3B")]
    [InlineData("1,5GB")]
    [InlineData("99999999999TB")]
    public void What_is_none_is_refused(string text) => Assert.False(MemorySize.TryParse(text, out _));
}
