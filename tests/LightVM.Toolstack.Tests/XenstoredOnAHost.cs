namespace LightVM.Toolstack.Tests;

public sealed class XenstoredOnAHost : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("lightvm-test").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Is_not_expected_where_there_is_none() => Assert.False(XenstoredUnit.IsExpected(_root));

    [Theory]
    [InlineData("etc/systemd/system/multi-user.target.wants/xenstored.service")]
    [InlineData("run/systemd/generator.late/multi-user.target.wants/xen.service")]
    public void Is_expected_where_a_unit_is_enabled(string link)
    {
        Link(link, "/lib/systemd/system/xenstored.service");

        Assert.True(XenstoredUnit.IsExpected(_root));
    }

    [Theory]
    [InlineData("etc/systemd/system/xen.service")]
    [InlineData("run/systemd/generator.early/xen.service")]
    public void Is_not_expected_where_it_is_masked(string mask)
    {
        Link("run/systemd/generator.late/multi-user.target.wants/xen.service", "../xen.service");
        Link(mask, "/dev/null");

        Assert.False(XenstoredUnit.IsExpected(_root));
    }

    private void Link(string path, string target)
    {
        string full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.CreateSymbolicLink(full, target);
    }
}
