using System.Security.Cryptography;

namespace LightVM.Toolstack.Tests;

public sealed class ImagesOnAHost : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lightvm-test").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Are_there_again_after_a_restart()
    {
        var store = new ImageStore(_directory);
        ImageManifest manifest = await SendAsync(store, TestElf.Build());
        (Image image, bool created) = store.Put("hello", manifest, force: false);
        Assert.True(created);
        Assert.Equal(ImageStore.DigestOf(manifest), image.Digest);
        Assert.Equal(4 << 20, image.MinimumMemory);

        Image again = Assert.Single(new ImageStore(_directory).List());
        Assert.Equal((image.Name, image.Digest, image.Size, image.ImportTime), (again.Name, again.Digest, again.Size, again.ImportTime));
    }

    [Fact]
    public async Task Are_the_same_by_digest()
    {
        var store = new ImageStore(_directory);
        ImageManifest manifest = await SendAsync(store, TestElf.Build());
        store.Put("hello", manifest, force: false);
        Assert.False(store.Put("hello", manifest, force: false).Created);

        ImageManifest other = With(manifest, memory: 8 << 20);
        Assert.Equal(ErrorCodes.ImageExists, Code(() => store.Put("hello", other, force: false)));
        Assert.True(store.Put("hello", other, force: true).Created);
        Assert.Equal(ImageStore.DigestOf(other), store.Get("hello").Digest);
    }

    [Fact]
    public async Task Stay_for_the_guests_that_are_defined_by_them()
    {
        var store = new ImageStore(_directory);
        ImageManifest manifest = await SendAsync(store, TestElf.Build());
        Image image = store.Put("hello", manifest, force: false).Image;
        string? user = "web";
        store.UserOf = digest => digest == image.Digest ? user : null;

        var e = Assert.Throws<LightVMException>(() => store.Delete("hello"));
        Assert.Equal(ErrorCodes.ImageInUse, e.Problem.Code);
        Assert.Contains("web", e.Problem.Detail, StringComparison.Ordinal);

        store.Put("hello", With(manifest, memory: 8 << 20), force: true);
        store.CollectGarbage();
        Assert.NotNull(new ImageStore(_directory).FindDigest(image.Digest));

        user = null;
        store.Delete("hello");
        Assert.Empty(new ImageStore(_directory).List());
        Assert.Null(new ImageStore(_directory).FindDigest(image.Digest));
    }

    [Fact]
    public async Task Say_what_is_wrong_with_them()
    {
        var store = new ImageStore(_directory);
        ImageManifest script = await SendAsync(store, "#!/bin/sh\n"u8.ToArray());
        ImageManifest noNotes = await SendAsync(store, TestElf.Build(noteName: "GNU\0"));
        ImageManifest good = await SendAsync(store, TestElf.Build());
        var missing = new ImageManifest { Name = "x", Kind = "unikernel", Kernel = new ImageFile { File = "k", Digest = "sha256:" + new string('0', 64), Size = 1 } };

        Assert.Contains("is not an ELF", Detail(() => store.Put("x", script, false)), StringComparison.Ordinal);
        Assert.Contains("without Xen notes", Detail(() => store.Put("x", noNotes, false)), StringComparison.Ordinal);
        Assert.Contains("not on this host", Detail(() => store.Put("x", missing, false)), StringComparison.Ordinal);
        Assert.Contains("multiple of 4,096", Detail(() => store.Put("x", With(good, memory: 5), false)), StringComparison.Ordinal);
        Assert.Contains("holds a NUL", Detail(() => store.Put("x", With(good, commandLine: "a\0b"), false)), StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.InvalidArgument, Code(() => store.Put("../x", good, false)));
        Assert.Equal(ErrorCodes.InvalidArgument, Code(() => store.HasBlob(good.Kernel.Digest + "\n")));
        Assert.Equal(ErrorCodes.ImageNotFound, Code(() => store.Get("x")));
        Assert.Empty(store.List());
    }

    [Fact]
    public async Task Are_refused_when_the_bytes_are_not_those_of_the_digest()
    {
        var store = new ImageStore(_directory);
        string digest = "sha256:" + new string('0', 64);

        var e = await Assert.ThrowsAsync<LightVMException>(() => store.PutBlobAsync(digest, new MemoryStream([1, 2, 3]), default));
        Assert.Equal(ErrorCodes.ImageInvalid, e.Problem.Code);
        Assert.False(store.HasBlob(digest));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_directory, "blobs")));
        Assert.Equal(ErrorCodes.InvalidArgument, Code(() => store.HasBlob("sha256:../../etc/passwd")));
    }

    private static string Code(Action action) => Assert.Throws<LightVMException>(action).Problem.Code;

    private static string Detail(Action action)
    {
        Problem problem = Assert.Throws<LightVMException>(action).Problem;
        Assert.Equal(ErrorCodes.ImageInvalid, problem.Code);
        return problem.Detail;
    }

    private static async Task<ImageManifest> SendAsync(ImageStore store, byte[] kernel)
    {
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(kernel));
        await store.PutBlobAsync(digest, new MemoryStream(kernel), default);
        Assert.False(await store.PutBlobAsync(digest, Stream.Null, default));
        return new ImageManifest
        {
            Name = "hello",
            Kind = "unikernel",
            Kernel = new ImageFile { File = "kernel.elf", Digest = digest, Size = kernel.Length },
        };
    }

    private static ImageManifest With(ImageManifest manifest, long memory = 4 << 20, string commandLine = "") => new()
    {
        Name = manifest.Name,
        Kind = manifest.Kind,
        Kernel = manifest.Kernel,
        CommandLine = commandLine,
        MinimumMemory = memory,
    };
}
