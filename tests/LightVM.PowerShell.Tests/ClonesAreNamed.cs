using LightVM.PowerShell;

namespace LightVM.PowerShell.Tests;

/// <summary>The names of clones.</summary>
public sealed class ClonesAreNamed
{
    [Theory]
    [InlineData("web", null, 0, "web-1")]
    [InlineData("web", null, 3, "web-1 web-2 web-3")]
    [InlineData("web", "copy", 0, "copy")]
    [InlineData("web", "copy", 1, "copy-1")]
    [InlineData("web", "copy", 2, "copy-1 copy-2")]
    [InlineData("web", "c-*-x", 2, "c-1-x c-2-x")]
    [InlineData("web", "*", 0, "1")]
    public void By_a_number_in_the_pattern_or_after_it(string source, string? pattern, int count, string names) =>
        Assert.Equal(names.Split(' '), CloneNames.Of(source, pattern, count));
}
