namespace LightVM.Native.Tests;

public sealed class LibraryOfTheRunningXen : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lightvm-test").FullName;

    private string Libraries => Path.Combine(_directory, "lib");

    private string Hypervisor => Path.Combine(_directory, "hypervisor");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Is_chosen_by_its_version()
    {
        RunXen("4", "17");
        Install("4.17");

        Assert.Equal(Path.Combine(Libraries, "xen-4.17", "liblightvm.so"), XenLibrary.PathFor(Libraries, Hypervisor));
    }

    [Fact]
    public void Is_missed_by_both_versions()
    {
        RunXen("4", "20");
        Install("4.17");
        Install("4.19");

        var e = Assert.Throws<LightVMException>(() => XenLibrary.PathFor(Libraries, Hypervisor));
        Assert.Equal(ErrorCodes.XenError, e.Problem.Code);
        Assert.Contains("4.20", e.Problem.Detail, StringComparison.Ordinal);
        Assert.Contains("4.17, 4.19", e.Problem.Detail, StringComparison.Ordinal);
        Assert.NotNull(e.Problem.Recommendation);
    }

    [Fact]
    public void Is_not_looked_for_without_Xen()
    {
        var e = Assert.Throws<LightVMException>(() => XenLibrary.PathFor(Libraries, Hypervisor));
        Assert.Equal(ErrorCodes.XenError, e.Problem.Code);
        Assert.Contains("does not run under Xen", e.Problem.Detail, StringComparison.Ordinal);
    }

    private void RunXen(string major, string minor)
    {
        Directory.CreateDirectory(Path.Combine(Hypervisor, "version"));
        File.WriteAllText(Path.Combine(Hypervisor, "type"), "xen\n");
        File.WriteAllText(Path.Combine(Hypervisor, "version", "major"), major + "\n");
        File.WriteAllText(Path.Combine(Hypervisor, "version", "minor"), minor + "\n");
    }

    private void Install(string version)
    {
        Directory.CreateDirectory(Path.Combine(Libraries, "xen-" + version));
        File.WriteAllText(Path.Combine(Libraries, "xen-" + version, "liblightvm.so"), "");
    }
}
