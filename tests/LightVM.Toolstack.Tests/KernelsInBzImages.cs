using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace LightVM.Toolstack.Tests;

public sealed class KernelsInBzImages : IDisposable
{
    private const string Xz = "/Td6WFoAAAFpIt42AgEEACEBFgANhjUf4AH/ABFdACYaSOaoFkCPgfh328RU0AAAAAAAAMMZQhgAASmABAAAAOanct0+MA2LAgAAAAABWVo=";
    private const string Zstd = "KLUv/QBofQAAQExpZ2h0Vk0gAQD11csF";
    private const string Lz4 = "AiFMGBMAAACPTGlnaHRWTSAIAP/hUGh0Vk0g";

    /// <summary>What came out of <c>xz</c>, <c>zstd</c> and <c>lz4 -l</c> for this.</summary>
    private static readonly byte[] Content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("LightVM ", 64)));

    private readonly string _directory = Directory.CreateTempSubdirectory("lightvm-test").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(Xz)]
    [InlineData(Zstd)]
    [InlineData(Lz4)]
    public void Are_unpacked(string packed)
    {
        (byte[]? content, string? fault) = Unpack(Build(Convert.FromBase64String(packed), Content.Length));
        Assert.Null(fault);
        Assert.Equal(Content, content);
    }

    [Fact]
    public void Are_unpacked_from_gzip_and_taken_as_they_are()
    {
        Assert.Equal(Content, Unpack(Build(Gzip(Content))).Content);
        byte[] elf = TestElf.Build();
        Assert.Equal(elf, Unpack(Build(elf)).Content);
    }

    [Theory]
    [InlineData(Xz)]
    [InlineData(Zstd)]
    [InlineData(Lz4)]
    public void Are_refused_when_damaged(string packed)
    {
        byte[] bytes = Convert.FromBase64String(packed);
        Assert.Contains("damaged", Unpack(Build(bytes, Content.Length - 1)).Fault!, StringComparison.Ordinal);
        Assert.Contains("damaged", Unpack(Build(bytes, Content.Length + 1)).Fault!, StringComparison.Ordinal);
        Assert.Contains("damaged", Unpack(Build(bytes[..^3], Content.Length)).Fault!, StringComparison.Ordinal);
    }

    [Fact]
    public void Are_refused_when_they_lie_about_their_size()
    {
        Assert.Contains("4,294,967,295 bytes", Unpack(Build(Convert.FromBase64String(Xz), -1)).Fault!, StringComparison.Ordinal);
        Assert.Contains("0 bytes", Unpack(Build(Convert.FromBase64String(Xz), 0)).Fault!, StringComparison.Ordinal);
        byte[] bomb = Gzip(new byte[1 << 20]);
        BinaryPrimitives.WriteInt32LittleEndian(bomb.AsSpan(bomb.Length - 4), 1000);
        Assert.Contains("damaged", Unpack(Build(bomb)).Fault!, StringComparison.Ordinal);
    }

    [Fact]
    public void Are_refused_when_packed_in_another_way_or_cut_off()
    {
        Assert.Contains("neither by gzip", Unpack(Build("LZO is not taken"u8.ToArray(), 100)).Fault!, StringComparison.Ordinal);
        byte[] file = Build(Gzip(Content));
        Assert.Contains("cut off", Unpack(file[..^1]).Fault!, StringComparison.Ordinal);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x248), uint.MaxValue);
        Assert.Contains("cut off", Unpack(file).Fault!, StringComparison.Ordinal);
    }

    /// <summary>Whatever bytes change, an answer comes, and nothing is written outside the target.</summary>
    [Fact]
    public void Are_read_within_bounds_whatever_they_say()
    {
        var random = new Random(11);
        byte[][] good = [.. new[] { Xz, Zstd, Lz4 }.Select(packed => Build(Convert.FromBase64String(packed), Content.Length)), Build(Gzip(Content))];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bad = (byte[])good[i % good.Length].Clone();
            for (int j = random.Next(1, 5); j > 0; j--)
            {
                bad[random.Next(4) == 0 ? random.Next(0x1f1, 0x260) : random.Next(0x400, bad.Length - 4)] = (byte)random.Next(256);
            }

            Unpack(bad);
        }
    }

    [Fact]
    public async Task Become_the_kernels_of_images()
    {
        var store = new ImageStore(_directory);
        byte[] elf = TestElf.Build();
        ImageManifest first = await SendAsync(store, "one", Build(Gzip(elf)), 4 << 20);
        store.Put("one", first, force: false);
        store.Put("two", Named("two", first, 8 << 20), force: false);
        Check(store);

        store.Delete("one");
        Check(new ImageStore(_directory));

        ImageManifest other = await SendAsync(store, "three", Build(Gzip(Content)), 4 << 20);
        var e = Assert.Throws<LightVMException>(() => store.Put("three", other, force: false));
        Assert.Equal(ErrorCodes.ImageInvalid, e.Problem.Code);
        Assert.Contains("'vmlinuz' is not an ELF", e.Problem.Detail, StringComparison.Ordinal);

        unsafe void Check(ImageStore images)
        {
            MappedBlob kernel = images.Find("two")!.Kernel;
            Assert.Equal(elf, new ReadOnlySpan<byte>(kernel.Start, (int)kernel.Size).ToArray());
            Assert.Equal(first.Kernel.Size, images.Find("two")!.Public.Size);
        }
    }

    private static (byte[]? Content, string? Fault) Unpack(byte[] file)
    {
        string? fault = BzImage.Measure(file, out int size);
        if (fault is not null || size > 1 << 20)
        {
            return (null, fault);
        }

        byte[] target = new byte[size];
        fault = BzImage.Unpack(file, target);
        return fault is null ? (target, null) : (null, fault);
    }

    /// <param name="payload">The packed kernel.</param>
    /// <param name="size">What the build writes behind it; null: nothing.</param>
    private static byte[] Build(byte[] payload, int? size = null)
    {
        byte[] header = new byte[0x400]; // a setup of one sector
        header[0x1f1] = 1;
        "HdrS"u8.CopyTo(header.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(0x206), 0x20f);
        byte[] trailer = size is { } value ? BitConverter.GetBytes(value) : [];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(0x24c), payload.Length + trailer.Length);
        return [.. header, .. payload, .. trailer];
    }

    private static byte[] Gzip(byte[] content)
    {
        var target = new MemoryStream();
        using (var stream = new GZipStream(target, CompressionLevel.Optimal))
        {
            stream.Write(content);
        }

        return target.ToArray();
    }

    private static async Task<ImageManifest> SendAsync(ImageStore store, string name, byte[] kernel, long memory)
    {
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(kernel));
        await store.PutBlobAsync(digest, new MemoryStream(kernel), default);
        var file = new ImageFile { File = "vmlinuz", Digest = digest, Size = kernel.Length };
        return new ImageManifest { Name = name, Kind = "linux", Kernel = file, MinimumMemory = memory };
    }

    private static ImageManifest Named(string name, ImageManifest manifest, long memory) =>
        new() { Name = name, Kind = manifest.Kind, Kernel = manifest.Kernel, MinimumMemory = memory };
}
