using System.Security.Cryptography;
using System.Text;

namespace LightVM.Client.Tests;

public sealed class ImageDirectoriesAreVerified : IDisposable
{
    private static readonly byte[] Kernel = Encoding.ASCII.GetBytes("not really an ELF");
    private readonly string root = Directory.CreateTempSubdirectory("lightvm-image-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task A_whole_one_is_read()
    {
        Write(Manifest());
        ImageDirectory image = await ImageDirectory.ReadAsync(root);
        Assert.Equal("tiny", image.Manifest.Name);
        Assert.Equal([Path.Combine(root, "kernel.elf")], image.Files.Select(f => f.Path));
    }

    [Fact]
    public async Task Its_manifest_may_be_named_instead()
    {
        Write(Manifest());
        Assert.Equal(root, (await ImageDirectory.ReadAsync(Path.Combine(root, "image.json"))).Path);
    }

    [Fact]
    public async Task A_missing_directory_is_not_found()
    {
        var e = await Assert.ThrowsAsync<LightVMException>(() => ImageDirectory.ReadAsync(root + "/none"));
        Assert.Equal(ErrorCodes.ImageNotFound, e.Problem.Code);
    }

    [Fact]
    public Task A_directory_without_a_manifest_is_refused() => Refused("image.json does not exist");

    [Theory]
    [InlineData("{", "image.json:1:")]
    [InlineData("null", "null")]
    [InlineData("""{"name":"tiny","kind":"unikernel"}""", "kernel")]
    public Task A_manifest_that_is_none_is_refused(string json, string cause)
    {
        File.WriteAllText(Path.Combine(root, "image.json"), json);
        return Refused(cause);
    }

    [Theory]
    [InlineData("Tiny")]
    [InlineData("a/b")]
    [InlineData("a\\n")]
    [InlineData("-a")]
    public Task A_name_that_is_none_is_refused(string name)
    {
        Write(Manifest(name: name));
        return Refused("name");
    }

    [Theory]
    [InlineData("../kernel.elf")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("sub/kernel.elf")]
    public Task A_path_that_leaves_the_directory_is_refused(string file)
    {
        Write(Manifest(file: file));
        return Refused("plain name");
    }

    [Fact]
    public Task A_link_that_leaves_the_directory_is_refused()
    {
        Write(Manifest());
        string outside = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllBytes(outside, Kernel);
        File.Delete(Path.Combine(root, "kernel.elf"));
        File.CreateSymbolicLink(Path.Combine(root, "kernel.elf"), outside);
        return Refused("leaves");
    }

    [Fact]
    public Task A_missing_file_is_refused()
    {
        Write(Manifest());
        File.Delete(Path.Combine(root, "kernel.elf"));
        return Refused("kernel.elf does not exist");
    }

    [Fact]
    public Task Another_size_is_refused()
    {
        Write(Manifest(size: 3));
        return Refused("17 bytes");
    }

    [Fact]
    public Task Another_digest_is_refused()
    {
        Write(Manifest(digest: "sha256:" + new string('0', 64)));
        return Refused("has the digest sha256:");
    }

    [Fact]
    public Task A_digest_that_is_none_is_refused()
    {
        Write(Manifest(digest: "md5:00"));
        return Refused("md5:00");
    }

    private static string Manifest(string name = "tiny", string file = "kernel.elf", long? size = null, string? digest = null) => $$"""
        {
          "name": "{{name}}", "kind": "unikernel", "minimumMemory": 4194304,
          "kernel": { "file": "{{file}}", "size": {{size ?? Kernel.Length}}, "digest": "{{digest ?? "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Kernel))}}" }
        }
        """;

    private void Write(string manifest)
    {
        File.WriteAllText(Path.Combine(root, "image.json"), manifest);
        File.WriteAllBytes(Path.Combine(root, "kernel.elf"), Kernel);
    }

    private async Task Refused(string cause)
    {
        var e = await Assert.ThrowsAsync<LightVMException>(() => ImageDirectory.ReadAsync(root));
        Assert.Equal(ErrorCodes.ImageInvalid, e.Problem.Code);
        Assert.Contains(cause, e.Message, StringComparison.Ordinal);
        Assert.Contains(root, e.Message, StringComparison.Ordinal);
    }
}
