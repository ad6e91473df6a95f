namespace LightVM.Toolstack.Tests;

public sealed class DevicesAreChecked
{
    [Theory]
    [InlineData("disk.img", 0)]
    [InlineData("", 0)]
    [InlineData("/a\0b", 0)]
    [InlineData("/a", -512)]
    [InlineData("/a", 1000)]
    public void Disks(string path, long size) =>
        Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckDisk("g", new DiskDefinition { Path = path, Size = size }));

    [Theory]
    [InlineData("1A")]
    [InlineData("")]
    [InlineData("A-B")]
    [InlineData("A=B")]
    [InlineData("Ä")]
    public void Names_of_variables(string name) =>
        Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckEnvironment("g", new Dictionary<string, string> { [name] = "x" }));

    [Fact]
    public void Values_of_variables_and_their_size()
    {
        DeviceRules.CheckEnvironment("g", new Dictionary<string, string> { ["_A1"] = "any = text\nwith \"all\" of it" });
        Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckEnvironment("g", new Dictionary<string, string> { ["A"] = "x\0" }));
        Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckEnvironment("g", new Dictionary<string, string> { ["A"] = new('x', 70_000) }));
    }

    [Theory]
    [InlineData("etc/a")]
    [InlineData("/")]
    [InlineData("/etc//a")]
    [InlineData("/etc/../a")]
    [InlineData("/etc/./a")]
    [InlineData("/etc/")]
    [InlineData("/.lightvm/environment")]
    public void Paths_of_files(string path) => Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckFiles("g", [File(path)]));

    [Fact]
    public void Files_together()
    {
        DeviceRules.CheckFiles("g", [File("/etc/a"), File("/etc/b"), File("/etc/ab")]);
        Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckFiles("g", [File("/etc/a"), File("/etc/a")]));
        Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckFiles("g", [File("/etc/a/b"), File("/etc/a")]));
        Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckFiles("g", [File("/a", 600_000), File("/b", 600_000)]));
    }

    [Fact]
    public void Published_ports()
    {
        var web = new PublishedPort { HostPort = 8080, GuestPort = 80 };
        DeviceRules.CheckPublish("g", [web, new PublishedPort { HostPort = 8080, GuestPort = 80, Protocol = "udp" }], hasAddress: true);
        Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckPublish("g", [web], hasAddress: false));
        Fails(ErrorCodes.PortInUse, () => DeviceRules.CheckPublish("g", [web, new PublishedPort { HostPort = 8080, GuestPort = 81 }], hasAddress: true));
        Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckPublish("g", [new PublishedPort { HostPort = 0, GuestPort = 80 }], hasAddress: true));
        Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckPublish("g", [new PublishedPort { HostPort = 1, GuestPort = 1, Protocol = "sctp" }], hasAddress: true));
        Fails(ErrorCodes.InvalidArgument, () => DeviceRules.CheckPublish("g", [new PublishedPort { HostPort = 1, GuestPort = 1, HostAddress = "here" }], hasAddress: true));
    }

    [Theory]
    [InlineData("a b", "x")]
    [InlineData("a=b", "x")]
    [InlineData("a", "x\ny")]
    public void Labels_as_specs_have_them(string key, string value) =>
        Fails(ErrorCodes.InvalidArgument, () => GuestRules.CheckLabels("g", new() { [key] = value }));

    private static void Fails(string code, Action check)
    {
        Problem problem = Assert.Throws<LightVMException>(check).Problem;
        Assert.Equal(code, problem.Code);
        Assert.False(string.IsNullOrEmpty(problem.Recommendation));
    }

    private static GuestFile File(string path, int size = 1) => new() { Path = path, Content = new byte[size] };
}
