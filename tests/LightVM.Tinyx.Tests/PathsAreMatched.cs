namespace LightVM.Tinyx.Tests;

public sealed class PathsAreMatched
{
    [Theory]
    [InlineData("usr/share/doc", "usr/share/doc", true)]
    [InlineData("/usr/share/doc/", "usr/share/doc/nginx/copyright", true)]
    [InlineData("usr/share/doc", "usr/share/docs", false)]
    [InlineData("usr/share/doc", "srv/usr/share/doc", false)]
    [InlineData("etc/*-", "etc/passwd-", true)]
    [InlineData("etc/*-", "etc/a/passwd-", false)]
    [InlineData("etc/rc?.d", "etc/rc2.d/S01x", true)]
    [InlineData("usr/lib/**/*.a", "usr/lib/libx.a", true)]
    [InlineData("usr/lib/**/*.a", "usr/lib/x86/y/libx.a", true)]
    [InlineData("usr/lib/python3*/**/__pycache__", "usr/lib/python3.11/__pycache__/os.pyc", true)]
    [InlineData("usr/lib/python3*/**/__pycache__", "usr/lib/python3.11/json/__pycache__/tool.pyc", true)]
    [InlineData("a.c", "abc", false)]
    public void A_pattern_stays_within_a_name_and_takes_what_lies_below(string pattern, string path, bool matches) =>
        Assert.Equal(matches, new PathPattern([pattern]).Matches(path));

    [Fact]
    public void No_pattern_matches_nothing() => Assert.False(new PathPattern([]).Matches(""));
}
