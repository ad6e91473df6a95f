using System.Collections;
using System.Management.Automation;
using LightVM.Tinyx;

namespace LightVM.PowerShell.Tests;

/// <summary>Adapters, disks, ports and files in the forms that people write.</summary>
public sealed class ArgumentsAreRead
{
    public static TheoryData<object, string> Adapters => new()
    {
        { "back", "back - - 0" },
        { "back,address=10.9.0.5,mac=02:1c:7b:00:00:01,rate=10mb", "back 02:1c:7b:00:00:01 10.9.0.5 10485760" },
        { "back, rate = 1MB/s", "back - - 1048576" },
        { "address=10.118.0.9", "default - 10.118.0.9 0" },
        { "network=back", "back - - 0" },
        { new Hashtable { ["Network"] = "back", ["Address"] = "10.9.0.5", ["RateLimit"] = 1024 }, "back - 10.9.0.5 1024" },
        { new Hashtable { ["network"] = "back", ["rate"] = "2KB", ["macaddress"] = "02:00:00:00:00:01" }, "back 02:00:00:00:00:01 - 2048" },
        { new Hashtable(), "default - - 0" },
        { new Network { Name = "back", Id = Guid.Empty }, "back - - 0" },
        { new Adapter { Network = "back", Mac = "02:00:00:00:00:02", Address = "10.9.0.7", RateLimit = 5 }, "back 02:00:00:00:00:02 10.9.0.7 5" },
    };

    [Theory]
    [MemberData(nameof(Adapters))]
    public void An_adapter(object given, string expected)
    {
        AdapterDefinition adapter = Assert.Single((AdapterDefinition[])Transform(new AdapterArgumentAttribute(), given));
        Assert.Equal(expected, $"{adapter.Network} {adapter.Mac ?? "-"} {adapter.Address ?? "-"} {adapter.RateLimit}");
    }

    [Theory]
    [InlineData("/srv/a.img", "/srv/a.img False 0")]
    [InlineData("/srv/a.img,readonly", "/srv/a.img True 0")]
    [InlineData("/srv/a.img, size=1GB", "/srv/a.img False 1073741824")]
    [InlineData("/srv/a,b.img,ro", "/srv/a,b.img True 0")]
    [InlineData("/srv/a,b=/c.img", "/srv/a,b=/c.img False 0")]
    public void A_disk(string given, string expected)
    {
        DiskDefinition disk = Assert.Single((DiskDefinition[])Transform(new DiskArgumentAttribute(), given));
        Assert.Equal(expected, $"{disk.Path} {disk.ReadOnly} {disk.Size}");
        disk = Assert.Single((DiskDefinition[])Transform(new DiskArgumentAttribute(), new Hashtable { ["Path"] = disk.Path, ["ReadOnly"] = disk.ReadOnly, ["Size"] = disk.Size }));
        Assert.Equal(expected, $"{disk.Path} {disk.ReadOnly} {disk.Size}");
    }

    public static TheoryData<object, string> Ports => new()
    {
        { "8080:80", "8080:80" },
        { 80, "80:80" },
        { "127.0.0.1:8080:80/tcp", "127.0.0.1:8080:80" },
        { "53:53/UDP", "53:53/udp" },
        { "[::1]:8080:80", "[::1]:8080:80" },
        { "8080:80, 8443:443", "8080:80 8443:443" },
        { new object[] { "8080:80", 443 }, "8080:80 443:443" },
        { new Hashtable { [8080] = 80 }, "8080:80" },
        { new PublishedPort { HostPort = 1, GuestPort = 2 }, "1:2" },
        { Array.Empty<object>(), "" },
    };

    [Theory]
    [MemberData(nameof(Ports))]
    public void Published_ports(object given, string expected) =>
        Assert.Equal(expected, string.Join(' ', ((PublishedPort[])Transform(new PublishArgumentAttribute(), given)).Select(port => port.ToString())));

    public static TheoryData<ArgumentTransformationAttribute, object, string> Mistakes => new()
    {
        { new AdapterArgumentAttribute(), "back,adress=1", "'adress=1' is not understood" },
        { new AdapterArgumentAttribute(), "", "names no network" },
        { new AdapterArgumentAttribute(), "back,rate=fast", "'fast' is no size" },
        { new AdapterArgumentAttribute(), new Hashtable { ["Adress"] = "1" }, "An adapter has no 'Adress': it has Network, Mac, Address, RateLimit." },
        { new DiskArgumentAttribute(), "a.img", "begins with /" },
        { new DiskArgumentAttribute(), "/srv/a.img,sise=1GB", "'sise=1GB' is not understood" },
        { new DiskArgumentAttribute(), new Hashtable { ["Size"] = 1 }, "needs a Path" },
        { new PublishArgumentAttribute(), "80:80:80:80", "is not a pair of ports" },
        { new PublishArgumentAttribute(), 0, "is not a pair of ports" },
        { new PublishArgumentAttribute(), "80:80/icmp", "only tcp and udp" },
        { new PublishArgumentAttribute(), "localhost:80:80", "in place of an address of the host" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void What_is_none_says_why(ArgumentTransformationAttribute attribute, object given, string why) => Assert.Contains(
        why, Assert.Throws<ArgumentTransformationMetadataException>(() => Transform(attribute, given)).Message, StringComparison.Ordinal);

    [Fact]
    public void Tests_of_an_image()
    {
        ScriptBlock script = ScriptBlock.Create("$true");
        var probe = new Hashtable { ["http"] = "/health", ["port"] = 8080 };
        Assert.Equal([script, new HttpProbe("/health", 8080), new HttpProbe("/", 80)], (object[])Transform(
            new ImageTestArgumentAttribute(), new object[] { script, probe, new Hashtable { ["Http"] = "/" } }));
        Assert.Equal([script], (object[])Transform(new ImageTestArgumentAttribute(), script));
    }

    [Theory]
    [InlineData("/", "A test is a script block")]
    [InlineData("http=x", "'x' is no path of a page")]
    [InlineData("http=/a b", "'/a b' is no path of a page")]
    [InlineData("http=/ port=70000", "70000 is no port")]
    [InlineData("http=/ porte=80", "A probe has no 'porte'")]
    public void Tests_of_an_image_that_are_none_say_why(string given, string why)
    {
        Hashtable table = [];
        foreach (string[] pair in given.Replace(" port", "|port", StringComparison.Ordinal).Split('|').Select(p => p.Split('=')).Where(p => p.Length == 2))
        {
            table[pair[0]] = pair[1];
        }

        Assert.Contains(
            why,
            Assert.Throws<ArgumentTransformationMetadataException>(() => Transform(new ImageTestArgumentAttribute(), table.Count == 0 ? given : table)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Files_come_from_paths_and_from_contents()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "local");
            IReadOnlyList<GuestFile> files = GuestFileTable.From(
                new Hashtable { ["/c"] = path },
                new Hashtable { ["/a"] = "text", ["/b"] = new byte[] { 1, 2 }, ["/d"] = new object[] { "one", "two" } },
                text => text)!;
            Assert.Equal(["/a text", "/b \u0001\u0002", "/c local", "/d one\ntwo\n"], files.Select(file => $"{file.Path} {System.Text.Encoding.UTF8.GetString(file.Content)}"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Files_that_cannot_be_say_why()
    {
        Assert.Contains("cannot be read", Fail(new Hashtable { ["/a"] = "/no/such/file" }, null), StringComparison.Ordinal);
        Assert.Contains("no path of a file", Fail(null, new Hashtable { ["a"] = "x" }), StringComparison.Ordinal);
        Assert.Contains("1,048,577 bytes", Fail(null, new Hashtable { ["/a"] = new byte[GuestFile.MaxTotal + 1] }), StringComparison.Ordinal);
        Assert.Null(GuestFileTable.From(null, null, text => text));
        Assert.Empty(GuestFileTable.From([], null, text => text)!);

        static string Fail(Hashtable? files, Hashtable? contents)
        {
            var e = Assert.Throws<LightVMException>(() => GuestFileTable.From(files, contents, text => text));
            Assert.Equal(ErrorCodes.InvalidArgument, e.Problem.Code);
            return e.Message;
        }
    }

    private static object Transform(ArgumentTransformationAttribute attribute, object given) => attribute.Transform(null!, given);
}
