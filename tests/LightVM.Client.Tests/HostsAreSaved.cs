namespace LightVM.Client.Tests;

public sealed class HostsAreSaved : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-hosts-").FullName;

    private string File => Path.Combine(directory, "lightvm", "hosts.json");

    private SavedHosts Hosts => new(File);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [InlineData("ssh://admin@xen1:2222?config=/a/b c/ssh_config", "ssh://admin@xen1:2222?config=/a/b%20c/ssh_config")]
    [InlineData("ssh://xen1?name=other", "ssh://xen1")]
    [InlineData("unix:/run/forwarded.sock", "unix:/run/forwarded.sock")]
    [InlineData("localhost", "unix:/run/lightvm/lightvmd.sock")]
    public void One_session_saves_and_others_find_it(string spelled, string place)
    {
        Assert.Null(Hosts.Find("lab"));
        Hosts.Save(HostEndpoint.Parse(spelled) with { Name = "lab" });
        HostEndpoint found = Hosts.Find("LAB")!;
        Assert.Equal("lab", found.Name);
        Assert.Equal(place, found.WithoutOwnName().ToString());
        Assert.Equal(found, Assert.Single(Hosts.Read()));
        Assert.Contains(place, System.IO.File.ReadAllText(File), StringComparison.Ordinal);
    }

    [Fact]
    public void They_are_for_the_user_alone()
    {
        Hosts.Save(Named("lab", "ssh://xen1"));
        System.IO.File.SetUnixFileMode(File, (UnixFileMode)0b110_100_100);
        Hosts.Save(Named("other", "ssh://xen2"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(Path.GetDirectoryName(File)!));
        Assert.Equal(["hosts.json", "hosts.json.lock"], Directory.GetFiles(Path.GetDirectoryName(File)!).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_name_means_one_place_until_it_is_forgotten()
    {
        Hosts.Save(Named("lab", "ssh://xen1"));
        string before = System.IO.File.ReadAllText(File);
        Hosts.Save(Named("Lab", "ssh://xen1"));
        LightVMException e = Assert.Throws<LightVMException>(() => Hosts.Save(Named("LAB", "ssh://xen2")));
        Assert.Equal(ErrorCodes.HostExists, e.Problem.Code);
        Assert.Contains("ssh://xen1", e.Problem.Detail, StringComparison.Ordinal);
        Assert.Contains("-Forget", e.Problem.Recommendation, StringComparison.Ordinal);
        Assert.Equal(before, System.IO.File.ReadAllText(File));

        Assert.True(Hosts.Forget("LAB"));
        Assert.False(Hosts.Forget("lab"));
        Hosts.Save(Named("lab", "ssh://xen2"));
        Assert.Equal("xen2", Hosts.Find("lab")!.SshHost);
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("LocalHost")]
    [InlineData(".")]
    [InlineData("-x")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a\n")]
    [InlineData("user@xen1")]
    [InlineData("xen1:22")]
    [InlineData("web-*")]
    [InlineData("größe")]
    [InlineData("a$(x)")]
    [InlineData("a123456789a123456789a123456789a123456789a123456789a123456789abcd")]
    public void What_could_be_read_otherwise_is_no_name(string name)
    {
        LightVMException e = Assert.Throws<LightVMException>(() => Hosts.Save(Named(name, "ssh://xen1")));
        Assert.Equal(ErrorCodes.InvalidArgument, e.Problem.Code);
        Assert.False(Hosts.Forget(name));
        Assert.Null(Hosts.Find(name));
        Assert.False(Directory.Exists(Path.GetDirectoryName(File)));
    }

    [Fact]
    public void A_configuration_of_ssh_is_named_by_its_whole_path() =>
        Assert.Equal(ErrorCodes.InvalidArgument, Assert.Throws<LightVMException>(() => Hosts.Save(Named("lab", "ssh://xen1?config=ssh_config"))).Problem.Code);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\0\u0001")]
    [InlineData("{ \"hosts\": {} }")]
    [InlineData("{ \"version\": 2, \"hosts\": {} }")]
    [InlineData("{ \"version\": \"1\", \"hosts\": {} }")]
    [InlineData("{ \"version\": 1, \"hosts\": [] }")]
    [InlineData("{ \"version\": 1, \"hosts\": {}, \"more\": 1 }")]
    [InlineData("{ \"version\": 1, \"hosts\": { \"lab\": 1 } }")]
    [InlineData("{ \"version\": 1, \"hosts\": { \"lab\": \"http://x\" } }")]
    [InlineData("{ \"version\": 1, \"hosts\": { \"a b\": \"ssh://x\" } }")]
    [InlineData("{ \"version\": 1, \"hosts\": { \"lab\": \"ssh://x\", \"LAB\": \"ssh://y\" } }")]
    public void A_file_of_somebody_else_is_named_and_left_alone(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, text);
        Assert.All<Action>([() => Hosts.Find("lab"), () => Hosts.Read(), () => Hosts.Save(Named("lab", "ssh://xen1")), () => Hosts.Forget("lab")], action =>
        {
            LightVMException e = Assert.Throws<LightVMException>(action);
            Assert.Equal(ErrorCodes.HostsFileInvalid, e.Problem.Code);
            Assert.Contains(File, e.Problem.Detail, StringComparison.Ordinal);
            Assert.Contains("move it away", e.Problem.Recommendation, StringComparison.Ordinal);
        });
        Assert.Equal(text, System.IO.File.ReadAllText(File));
        Assert.Null(Hosts.Find("ssh://xen1")); // needs no file
    }

    [Fact]
    public void A_file_that_others_may_write_is_not_trusted()
    {
        Hosts.Save(Named("lab", "ssh://xen1"));
        System.IO.File.SetUnixFileMode(File, (UnixFileMode)0b110_110_000);
        LightVMException e = Assert.Throws<LightVMException>(() => Hosts.Find("lab"));
        Assert.Equal(ErrorCodes.HostsFileInvalid, e.Problem.Code);
        Assert.Contains($"chmod 600 {File}", e.Problem.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_read_or_written_says_so()
    {
        Directory.CreateDirectory(File);
        Assert.Equal(ErrorCodes.AccessDenied, Assert.Throws<LightVMException>(() => Hosts.Find("lab")).Problem.Code);
        Assert.Null(new SavedHosts("/proc/none/hosts.json").Find("lab"));
        LightVMException e = Assert.Throws<LightVMException>(() => new SavedHosts("/proc/none/hosts.json").Save(Named("lab", "ssh://xen1")));
        Assert.Equal(ErrorCodes.AccessDenied, e.Problem.Code);
        Assert.Contains("/proc/none", e.Problem.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public void Those_who_save_at_once_lose_nothing()
    {
        string[] names = [.. Enumerable.Range(0, 40).Select(i => $"host-{i:00}")];
        Parallel.ForEach(names, new ParallelOptions { MaxDegreeOfParallelism = 8 }, name =>
        {
            Hosts.Save(Named(name, $"ssh://{name}"));
            Assert.NotNull(Hosts.Find(name));
        });
        Assert.Equal(names, Hosts.Read().Select(host => host.Name));
        Parallel.ForEach(names[..20], new ParallelOptions { MaxDegreeOfParallelism = 8 }, name => Assert.True(Hosts.Forget(name)));
        Assert.Equal(names[20..], Hosts.Read().Select(host => host.Name));
    }

    [Fact]
    public void A_link_to_the_file_stays_one()
    {
        string real = Path.Combine(directory, "dotfiles.json");
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.CreateSymbolicLink(File, real);
        Hosts.Save(Named("lab", "ssh://xen1"));
        Hosts.Save(Named("two", "ssh://xen2"));
        Assert.Equal(real, new FileInfo(File).LinkTarget);
        Assert.Equal(2, new SavedHosts(real).Read().Count);
    }

    private static HostEndpoint Named(string name, string spelled) => HostEndpoint.Parse(spelled) with { Name = name };
}
