namespace LightVM.Toolstack.Tests;

public sealed class AffinityOfGuests
{
    [Theory]
    [InlineData(null, 0UL, 0UL)]
    [InlineData("", 0UL, 0UL)]
    [InlineData("0", 1UL, 0UL)]
    [InlineData("0-1,3", 0b1011UL, 0UL)]
    [InlineData(" 2 , 64-65", 0b100UL, 0b11UL)]
    public void Is_a_set_of_processors(string? text, ulong first, ulong second) =>
        Assert.Equal([first, second, 0, 0], CpuSet.Parse(text, 128, "web"));

    [Theory]
    [InlineData("4", "names CPU 4")]
    [InlineData("0-9999", "names CPU 9999")]
    [InlineData("1-0", "not understood at '1-0'")]
    [InlineData("a", "not understood at 'a'")]
    [InlineData("-1", "not understood at '-1'")]
    [InlineData("0,,1", "not understood at ''")]
    [InlineData("1-2-3", "not understood at '1-2-3'")]
    [InlineData("99999999999", "not understood at")]
    public void Is_refused_with_the_cause(string text, string cause)
    {
        var e = Assert.Throws<LightVMException>(() => CpuSet.Parse(text, 4, "web"));
        Assert.Equal(ErrorCodes.InvalidArgument, e.Problem.Code);
        Assert.Contains(cause, e.Problem.Detail, StringComparison.Ordinal);
    }
}
