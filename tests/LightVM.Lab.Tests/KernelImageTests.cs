using System.Buffers.Binary;
using System.IO.Compression;
using LightVM.Lab.Boot;

namespace LightVM.Lab.Tests;

public sealed class KernelImageTests
{
    private static readonly byte[] Elf = [0x7F, (byte)'E', (byte)'L', (byte)'F', .. Enumerable.Range(0, 3000).Select(i => (byte)i)];

    [Fact]
    public async Task A_gzip_kernel_is_unpacked() => Assert.Equal(Elf, await UnpackAsync(BzImage(Gzip(Elf))));

    [Fact]
    public async Task An_xz_kernel_is_unpacked()
    {
        // What xz -F xz writes, followed by the unpacked size as the kernel's build adds it.
        var packed = await KernelImage.FilterAsync("xz", ["-c"], Elf, CancellationToken.None);
        Assert.Equal(Elf, await UnpackAsync(BzImage([.. packed, 0, 0, 0, 0])));
    }

    [Fact]
    public async Task A_file_that_is_no_kernel_is_named()
    {
        var error = await Assert.ThrowsAsync<LabException>(() => UnpackAsync(new byte[4096]));
        Assert.Contains("bzImage", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_kernel_is_an_error()
    {
        var error = await Assert.ThrowsAsync<LabException>(() => UnpackAsync(BzImage(Gzip(Elf))[..^100]));
        Assert.Contains("damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payload_of_an_unknown_kind_is_an_error() =>
        await Assert.ThrowsAsync<LabException>(() => UnpackAsync(BzImage(new byte[100])));

    [Fact]
    public void A_hypervisor_is_unpacked()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("xen.gz"), Gzip(Elf));
        KernelImage.UnpackXen(directory.File("xen.gz"), directory.File("xen"));
        Assert.Equal(Elf, File.ReadAllBytes(directory.File("xen")));
    }

    private static async Task<byte[]> UnpackAsync(byte[] image)
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory.File("vmlinuz"), image);
        await KernelImage.UnpackLinuxAsync(directory.File("vmlinuz"), directory.File("vmlinux"), CancellationToken.None);
        return await File.ReadAllBytesAsync(directory.File("vmlinux"));
    }

    private static byte[] Gzip(byte[] bytes)
    {
        var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return stream.ToArray();
    }

    private static byte[] BzImage(byte[] payload)
    {
        const int setupSectors = 2, offset = 64;
        var image = new byte[((setupSectors + 1) * 512) + offset + payload.Length];
        image[0x1F1] = setupSectors;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x20F);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(0x248), offset);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(0x24C), payload.Length);
        payload.CopyTo(image, image.Length - payload.Length);
        return image;
    }
}
