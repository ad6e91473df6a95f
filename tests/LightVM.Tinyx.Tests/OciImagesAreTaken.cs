using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace LightVM.Tinyx.Tests;

public sealed class OciImagesAreTaken : IDisposable
{
    private const string Tar = "application/vnd.oci.image.layer.v1.tar";

    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-oci-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private string Layout => Path.Combine(directory, "layout");

    private string Blob(byte[] content)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(content));
        string blobs = Directory.CreateDirectory(Path.Combine(Layout, "blobs", "sha256")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, digest), content);
        return "sha256:" + digest;
    }

    private string Blob(string content) => Blob(Encoding.UTF8.GetBytes(content));

    private static byte[] Archive(bool gzip, params TarEntry[] entries)
    {
        using var bytes = new MemoryStream();
        using (Stream stream = gzip ? new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true) : bytes)
        {
            using var writer = new TarWriter(stream, leaveOpen: true);
            foreach (TarEntry entry in entries)
            {
                writer.WriteEntry(entry);
            }
        }

        return bytes.ToArray();
    }

    private static PaxTarEntry File_(string name, string content, int owner = 0) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), Uid = owner, Mode = UnixFileMode.UserRead };

    private static PaxTarEntry Link(string name, string target, TarEntryType type = TarEntryType.SymbolicLink) => new(type, name) { LinkName = target };

    private OciImage Write(string config, params (byte[] Content, string Type)[] layers)
    {
        string list = string.Join(',', layers.Select(l => $$"""{"mediaType":"{{l.Type}}","digest":"{{Blob(l.Content)}}"}"""));
        string manifest = Blob($$$"""{"config":{"digest":"{{{Blob(config)}}}"},"layers":[{{{list}}}]}""");
        File.WriteAllText(Path.Combine(Layout, "oci-layout"), "{}");
        File.WriteAllText(Path.Combine(Layout, "index.json"), $$$"""
            {"manifests":[{"digest":"sha256:0","platform":{"os":"linux","architecture":"arm64"}},{"digest":"{{{manifest}}}","platform":{"os":"linux","architecture":"amd64"}}]}
            """);
        return OciImage.Read(Layout);
    }

    private async Task<RootTree> UnpackAsync(OciImage image)
    {
        var root = new RootTree();
        var layers = new OciLayers(Layout, root, directory);
        foreach ((string file, string mediaType) in image.Layers)
        {
            await layers.AddAsync(file, mediaType, CancellationToken.None);
        }

        return root;
    }

    [Fact]
    public void How_it_is_to_be_run_is_read()
    {
        OciImage image = Write("""
            {"config":{"User":"1000","Env":["PATH=/bin","A=b=c"],"Entrypoint":["/bin/app"],"Cmd":["it's","x"],"WorkingDir":"/srv","ExposedPorts":{"53/udp":{},"8080/tcp":{},"80":{}}}}
            """);
        Recipe recipe = new Recipe { Name = "x", OciLayout = Layout, Environment = new Dictionary<string, string> { ["PATH"] = "/own" } }.With(image);
        Assert.Equal(@"'/bin/app' 'it'\''s' 'x'", recipe.Command);
        Assert.Equal("1000", recipe.User);
        Assert.Equal("/srv", recipe.WorkingDirectory);
        Assert.Equal([80, 8080], recipe.Ports);
        Assert.Equal(["A=b=c", "PATH=/own"], recipe.Environment.Select(e => $"{e.Key}={e.Value}"));
        recipe.Check();
    }

    [Fact]
    public async Task Layers_lie_over_each_other()
    {
        RootTree root = await UnpackAsync(Write(
            "{}",
            (Archive(true, File_("./etc/a", "1", 33), File_("etc/b", "1"), File_("opt/x/1", "1"), Link("lib", "usr/lib"), File_("old/f", "1")), Tar + "+gzip"),
            (Archive(false, File_("etc/.wh.b", ""), File_("opt/x/.wh..wh..opq", ""), File_("opt/x/2", "2"), File_("lib/so", "2"), File_("old", "2"), Link("hard", "etc/a", TarEntryType.HardLink)), Tar)));
        Assert.Equal(["etc", "etc/a", "hard", "lib", "old", "opt", "opt/x", "opt/x/2", "usr", "usr/lib", "usr/lib/so"], root.Entries.Select(e => e.Key));
        Assert.Equal(33u, root.Find("etc/a")!.Owner);
        Assert.Equal("1", await File.ReadAllTextAsync(root.Find("hard")!.Source!));
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("etc/../../evil")]
    public async Task A_path_that_leads_out_is_refused(string path)
    {
        OciImage image = Write("{}", (Archive(false, File_(path, "x")), Tar));
        Assert.Equal(ErrorCodes.ImageInvalid, (await Assert.ThrowsAsync<LightVMException>(() => UnpackAsync(image))).Problem.Code);
    }

    [Fact]
    public async Task A_link_that_leads_out_stays_in_the_image()
    {
        RootTree root = await UnpackAsync(Write("{}", (Archive(false, Link("out", "../../../../etc"), File_("out/file", "x")), Tar)));
        Assert.Equal(["etc", "etc/file", "out"], root.Entries.Select(e => e.Key));
    }

    [Fact]
    public async Task What_is_broken_is_told()
    {
        OciImage image = Write("{}", (Archive(false, File_("f", "x")), Tar));
        File.AppendAllText(image.Layers[0].File, "x");
        Assert.Contains("digest", (await Assert.ThrowsAsync<LightVMException>(() => UnpackAsync(image))).Message, StringComparison.Ordinal);
        Assert.Contains("zstd", (await Assert.ThrowsAsync<LightVMException>(() => UnpackAsync(Write("{}", ([1, 2], Tar + "+zstd"))))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<LightVMException>(() => UnpackAsync(Write("{}", (Encoding.UTF8.GetBytes(new string('x', 2000)), Tar))));
        File.WriteAllText(Path.Combine(Layout, "index.json"), "[1");
        Assert.Equal(ErrorCodes.ImageInvalid, Assert.Throws<LightVMException>(() => OciImage.Read(Layout)).Problem.Code);
        Assert.Equal(ErrorCodes.ImageNotFound, Assert.Throws<LightVMException>(() => OciImage.Read(directory)).Problem.Code);
    }
}
