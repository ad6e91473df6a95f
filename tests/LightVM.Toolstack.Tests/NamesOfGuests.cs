namespace LightVM.Toolstack.Tests;

public sealed class NamesOfGuests
{
    [Theory]
    [InlineData("a")]
    [InlineData("web-1")]
    [InlineData("0")]
    [InlineData("a2345678901234567890123456789012345678901234567890123456789012b")]
    public void Are_labels_of_RFC_1123(string name) => Assert.True(GuestRules.IsName(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a/b")]
    [InlineData("a.b")]
    [InlineData("ä")]
    [InlineData("a b")]
    [InlineData("..")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123b")]
    public void Are_nothing_else(string? name)
    {
        var e = Assert.Throws<LightVMException>(() => GuestRules.CheckName(name));
        Assert.Equal(ErrorCodes.InvalidArgument, e.Problem.Code);
        Assert.Equal(name, e.Problem.Target);
        Assert.NotNull(e.Problem.Recommendation);
    }

    [Fact]
    public void And_of_fleets_follow_the_same_rule()
    {
        GuestRules.CheckFleet(null);
        GuestRules.CheckFleet("");
        GuestRules.CheckFleet("web");
        Assert.Throws<LightVMException>(() => GuestRules.CheckFleet(new string('a', 64)));
        Assert.Throws<LightVMException>(() => GuestRules.CheckFleet("../x"));
    }

    [Fact]
    public void Sort_by_the_value_of_their_numbers()
    {
        string[] names = ["web-10", "web-2", "db", "web-1", "web", "web-02x"];

        Assert.Equal(["db", "web", "web-1", "web-2", "web-02x", "web-10"], names.Order(NaturalOrder.Instance));
    }

    [Theory]
    [InlineData("*", "web-1", true)]
    [InlineData("web-?", "web-1", true)]
    [InlineData("web-?", "web-10", false)]
    [InlineData("WEB*", "web-1", true)]
    [InlineData("*-1", "web-1", true)]
    [InlineData("w*b*1", "web-1", true)]
    [InlineData("web-[0-2]", "web-1", true)]
    [InlineData("web-[3-9x]", "web-1", false)]
    [InlineData("web-[", "web-[", true)]
    [InlineData("", "web", false)]
    [InlineData("web", "web", true)]
    public void Are_matched_by_wildcards(string glob, string name, bool matches) => Assert.Equal(matches, Glob.IsMatch(glob, name));
}
