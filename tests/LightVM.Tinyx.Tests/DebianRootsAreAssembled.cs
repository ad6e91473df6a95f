using System.Text;

namespace LightVM.Tinyx.Tests;

public sealed class DebianRootsAreAssembled : IDisposable
{
    private const string Status = """
        Package: base-libs
        Status: install ok installed
        Architecture: amd64
        Version: 1

        Package: busybox
        Status: install ok installed
        Architecture: amd64
        Version: 2

        Package: web
        Status: install ok installed
        Architecture: amd64
        Version: 3
        Depends: debconf, web-data

        Package: web-data
        Status: install ok installed
        Architecture: all
        Version: 3

        Package: debconf
        Status: install ok installed
        Architecture: all
        Version: 1
        """;

    private readonly TestTree tree = new();

    public DebianRootsAreAssembled() => tree
        .Link(tree.Lower, "bin", "usr/bin").Link(tree.Lower, "lib", "usr/lib").Link(tree.Lower, "lib64", "usr/lib64").Link(tree.Lower, "sbin", "usr/sbin")
        .File(tree.Lower, "usr/bin/busybox", TestElf.Make("/lib64/ld.so", ["libc.so.6"]))
        .File(tree.Lower, "usr/bin/perl", "perl")
        .File(tree.Lower, "usr/lib64/ld.so", TestElf.Make(null, []))
        .File(tree.Lower, "usr/lib/x86_64-linux-gnu/libc.so.6", TestElf.Make(null, []))
        .File(tree.Lower, "usr/lib/x86_64-linux-gnu/libx.so.1", TestElf.Make(null, ["libc.so.6"]))
        .File(tree.Lower, "etc/nsswitch.conf", "passwd: files\n")
        .File(tree.Lower, "etc/group", "root:x:0:\nweb:x:101:\n")
        .File(tree.Lower, "var/lib/dpkg/info/base-libs.list", "/lib/x86_64-linux-gnu/libc.so.6\n/lib/x86_64-linux-gnu/libx.so.1\n/lib64/ld.so\n")
        .File(tree.Lower, "var/lib/dpkg/info/busybox.list", "/bin\n/bin/busybox\n")
        .File(tree.Upper, "etc/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:100:101::/srv:/bin/false\n")
        .File(tree.Upper, "var/lib/dpkg/status", Status)
        .File(tree.Upper, "var/lib/dpkg/info/web.list", "/usr/sbin/web\n/usr/share/doc/web/copyright\n/lib/systemd/system/web.service\n")
        .File(tree.Upper, "var/lib/dpkg/info/web-data.list", "/usr/share/web/data\n")
        .File(tree.Upper, "var/lib/dpkg/info/debconf.list", "/usr/bin/debconf\n")
        .File(tree.Upper, "usr/sbin/web", TestElf.Make("/lib64/ld.so", ["libx.so.1"]))
        .File(tree.Upper, "usr/share/doc/web/copyright")
        .File(tree.Upper, "usr/share/web/data")
        .File(tree.Upper, "usr/bin/debconf")
        .File(tree.Upper, "etc/web.conf", "listen [::]:80;\n")
        .File(tree.Upper, "usr/lib/systemd/system/web.service", "[Service]\nExecStart=/usr/sbin/web\nUser=web\nRuntimeDirectory=web\n");

    public void Dispose() => tree.Dispose();

    private RootFileSystem Assemble(Recipe recipe) => DebianRoot.Assemble(tree.Tree, recipe);

    private static Recipe Web(IReadOnlyList<string>? keep = null, IReadOnlyList<string>? drop = null, string? user = null, IReadOnlyList<string>? paths = null) =>
        new() { Name = "web", Packages = ["web"], Command = "web -f", Keep = keep ?? [], Drop = drop ?? [], User = user, Paths = paths ?? [] };

    private static string Text(RootFileSystem system, string path) => Encoding.UTF8.GetString(system.Root.Find(path)!.Content!);

    [Fact]
    public void What_the_application_needs_is_there_and_nothing_else()
    {
        RootFileSystem system = Assemble(Web());
        string[] there = [.. system.Root.Entries.Where(e => e.Value.Source is not null).Select(e => e.Key)];
        Assert.Equal(
            [
                "etc/group", "etc/nsswitch.conf", "etc/passwd", "etc/web.conf", "usr/bin/busybox", "usr/lib/x86_64-linux-gnu/libc.so.6",
                "usr/lib/x86_64-linux-gnu/libx.so.1", "usr/lib64/ld.so", "usr/sbin/web", "usr/share/web/data",
            ],
            there);
        Assert.Equal(["base-libs 1", "busybox 2", "web 3", "web-data 3"], system.Packages.Select(p => p.ToString()));
        Assert.Empty(system.Warnings);
    }

    [Fact]
    public void Merged_directories_stay_links_and_what_ends_a_guest_is_there()
    {
        RootTree root = Assemble(Web()).Root;
        foreach (string name in new[] { "bin", "lib", "lib64", "sbin" })
        {
            Assert.Equal("usr/" + name, Encoding.UTF8.GetString(root.Find(name)!.Content!));
        }

        Assert.Equal(FileKind.Link, root.Find("usr/sbin/poweroff")!.Kind);
        Assert.Equal(FileKind.CharacterDevice, root.Find("dev/console")!.Kind);
        Assert.NotEqual(0, root.Find("init")!.Permissions & 0b001);
    }

    [Fact]
    public void The_package_s_service_says_who_runs_it()
    {
        RootFileSystem system = Assemble(Web());
        Assert.Contains("RUN_AS='web'", Text(system, "etc/tinyx.conf"), StringComparison.Ordinal);
        RootEntry directory = system.Root.Find("run/web")!;
        Assert.Equal((FileKind.Directory, 100u, 101u), (directory.Kind, directory.Owner, directory.Group));
        Assert.Contains("RUN_AS=''", Text(Assemble(Web(user: "root")), "etc/tinyx.conf"), StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.InvalidArgument, Assert.Throws<LightVMException>(() => Assemble(Web(user: "none"))).Problem.Code);
    }

    [Fact]
    public void Keep_and_Drop_have_the_last_word()
    {
        RootTree root = Assemble(Web(keep: ["usr/share/doc/web", "/bin/perl"], drop: ["usr/share/web"])).Root;
        Assert.True(root.Contains("usr/share/doc/web/copyright"));
        Assert.True(root.Contains("usr/bin/perl"));
        Assert.False(root.Contains("usr/share/web/data"));
    }

    [Fact]
    public void Features_follow_from_the_configuration()
    {
        Assert.Equal(["ipv6"], FeatureRules.Of(Assemble(Web()).Root));
        tree.File(tree.Upper, "etc/web.conf", "# listen [::]:80;\n");
        Assert.Empty(FeatureRules.Of(Assemble(Web()).Root));
    }

    [Fact]
    public void A_program_of_this_machine_comes_with_its_libraries_or_not_at_all()
    {
        tree.File(tree.Upper, "../own/app", TestElf.Make("/lib64/ld.so", ["libx.so.1"])).File(tree.Upper, "../own/bad", TestElf.Make(null, ["libnone.so"]));
        string own = Path.GetFullPath(Path.Combine(tree.Upper, "../own"));
        RootFileSystem system = Assemble(new Recipe { Name = "own", Paths = [Path.Combine(own, "app")], Command = "/app/app" });
        Assert.True(system.Root.Contains("app/app"));
        Assert.True(system.Root.Contains("usr/lib/x86_64-linux-gnu/libx.so.1"));
        Assert.False(system.Root.Contains("usr/sbin/web") && system.Packages.Any(p => p.Name == "debconf"));
        Problem problem = Assert.Throws<LightVMException>(() => Assemble(new Recipe { Name = "own", Paths = [own], Command = "x" })).Problem;
        Assert.Equal(ErrorCodes.BuildFailed, problem.Code);
        Assert.Contains("libnone.so", problem.Detail, StringComparison.Ordinal);
    }
}
