namespace LightVM.PowerShell.Tests;

public sealed class NamesAreMatched
{
    private static readonly string[] Guests = ["web-1", "web-2", "web-10", "db", "a.b"];

    [Theory]
    [InlineData(new[] { "web-1" }, new[] { "web-1" }, new string[0])]
    [InlineData(new[] { "WEB-1" }, new[] { "web-1" }, new string[0])]
    [InlineData(new[] { "web-?" }, new[] { "web-1", "web-2" }, new string[0])]
    [InlineData(new[] { "w*", "db", "web-1" }, new[] { "web-1", "web-2", "web-10", "db" }, new string[0])]
    [InlineData(new[] { "web-[12]" }, new[] { "web-1", "web-2" }, new string[0])]
    [InlineData(new[] { "none", "x*", "db" }, new[] { "db" }, new[] { "none" })]
    [InlineData(new[] { "*" }, new[] { "web-1", "web-2", "web-10", "db", "a.b" }, new string[0])]
    public void Literals_and_wildcards(string[] names, string[] found, string[] missing)
    {
        (IReadOnlyList<string> gotFound, IReadOnlyList<string> gotMissing) = new GuestNames(names).Match(Guests, name => name);
        Assert.Equal(found, gotFound);
        Assert.Equal(missing, gotMissing);
    }

    [Theory]
    [InlineData("web", "web")]
    [InlineData("WEB-*", "web-*")]
    [InlineData("w[ae]b?", "w?b?")]
    [InlineData("w[]]b", "w?b")]
    [InlineData("w`[*", "w?*")]
    public void The_daemon_is_asked_for_no_less(string name, string glob) => Assert.Equal([glob], new GuestNames([name]).ToGlobs());
}
