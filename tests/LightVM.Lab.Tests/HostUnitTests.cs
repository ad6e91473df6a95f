using LightVM.Lab.Boot;

namespace LightVM.Lab.Tests;

public sealed class HostUnitTests : IDisposable
{
    private readonly TemporaryDirectory _package = new();

    public void Dispose() => _package.Dispose();

    [Fact]
    public void Units_that_can_be_enabled_are_found()
    {
        Write("lightvmd.service", "[Service]\nExecStart=/x\n[Install]\nWantedBy=multi-user.target\n");
        Write("lightvm-io.socket", "[Install]\nWantedBy = sockets.target other.target\n");
        Write("lightvm-io.service", "[Service]\nExecStart=/x\n");
        Write("lightvm-io@.service", "[Install]\nWantedBy=multi-user.target\n");
        var units = HostUnit.In(_package.Path);
        Assert.Equal(["lightvm-io.socket", "lightvmd.service"], units.Select(u => u.Name));
        Assert.Equal(["sockets.target", "other.target"], units[0].WantedBy);
    }

    [Fact]
    public void No_package_is_no_unit()
    {
        Assert.Empty(HostUnit.In("/nonexistent"));
        Assert.Null(HostUnit.Fingerprint("/nonexistent"));
    }

    [Fact]
    public void The_fingerprint_follows_the_files()
    {
        Write("a.service", "1");
        var first = HostUnit.Fingerprint(_package.Path);
        Assert.Equal(first, HostUnit.Fingerprint(_package.Path));
        Write("a.service", "22");
        Assert.NotEqual(first, HostUnit.Fingerprint(_package.Path));
    }

    private void Write(string name, string content)
    {
        var directory = Directory.CreateDirectory(_package.File("usr/lib/systemd/system")).FullName;
        File.WriteAllText(Path.Combine(directory, name), content);
    }
}
