using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using LightVM.Lab.Host;

namespace LightVM.Lab.Boot;

/// <summary>
/// Gets the ELF images out of what distributions ship. QEMU takes only an ELF as its multiboot kernel, and Xen would
/// spend nine seconds under emulation on unpacking dom0's kernel.
/// </summary>
internal static class KernelImage
{
    private static readonly byte[] Elf = [0x7F, (byte)'E', (byte)'L', (byte)'F'];
    private static readonly byte[] Gzip = [0x1F, 0x8B];

    /// <summary>Unpacks a hypervisor, gzip or plain, into an ELF file.</summary>
    public static void UnpackXen(string source, string target)
    {
        var bytes = File.ReadAllBytes(source);
        if (bytes.AsSpan().StartsWith(Gzip))
        {
            bytes = Gunzip(bytes);
        }

        WriteElf(bytes, source, target);
    }

    /// <summary>Unpacks the kernel proper of a bzImage into an ELF file.</summary>
    public static async Task UnpackLinuxAsync(string source, string target, CancellationToken cancellation)
    {
        var payload = Payload(await File.ReadAllBytesAsync(source, cancellation).ConfigureAwait(false), source);
        var bytes = payload.Span switch
        {
            var p when p.StartsWith(Elf) => payload.ToArray(),
            var p when p.StartsWith(Gzip) => Gunzip(payload.ToArray()),
            [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] =>
                await FilterAsync("xz", ["-dc"], payload, cancellation).ConfigureAwait(false),
            [0x28, 0xB5, 0x2F, 0xFD, ..] =>
                await FilterAsync("zstd", ["-dc"], payload, cancellation).ConfigureAwait(false),
            _ => throw new LabException($"{source}: the kernel is compressed in a way that the lab does not know."),
        };
        WriteElf(bytes, source, target);
    }

    /// <summary>The compressed kernel inside a bzImage (Documentation/arch/x86/boot.rst, protocol 2.08 and later).</summary>
    internal static ReadOnlyMemory<byte> Payload(ReadOnlyMemory<byte> image, string source)
    {
        const int setupSectors = 0x1F1, magic = 0x202, version = 0x206, payloadOffset = 0x248, payloadLength = 0x24C;
        var bytes = image.Span;
        if (bytes.Length < 0x260
            || !bytes.Slice(magic, 4).SequenceEqual("HdrS"u8)
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes[version..]) < 0x208)
        {
            throw new LabException($"{source} is no x86 Linux bzImage.");
        }

        int sectors = bytes[setupSectors];
        var start = (((sectors == 0 ? 4 : sectors) + 1) * 512L) + BinaryPrimitives.ReadUInt32LittleEndian(bytes[payloadOffset..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[payloadLength..]);
        if (length < 8 || start + length > bytes.Length)
        {
            throw new LabException($"{source} is damaged: its kernel would end at byte {start + length} of {bytes.Length}.");
        }

        // The last four bytes are the unpacked size, not part of the stream; gzip has that in its own trailer.
        var trailer = bytes[(int)start..].StartsWith(Gzip) || bytes[(int)start..].StartsWith(Elf) ? 0 : 4;
        return image.Slice((int)start, (int)length - trailer);
    }

    /// <summary>Runs a filter program over bytes, for a minute at most.</summary>
    internal static async Task<byte[]> FilterAsync(
        string program, string[] arguments, ReadOnlyMemory<byte> input, CancellationToken cancellation)
    {
        var path = Command.Find(program)
            ?? throw new LabException($"'{program}' is not installed: apt-get install {(program == "xz" ? "xz-utils" : program)}.");
        using var process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(TimeSpan.FromMinutes(1));
        try
        {
            var output = new MemoryStream();
            var reading = process.StandardOutput.BaseStream.CopyToAsync(output, timer.Token);
            await process.StandardInput.BaseStream.WriteAsync(input, timer.Token).ConfigureAwait(false);
            process.StandardInput.Close();
            await reading.ConfigureAwait(false);
            await process.WaitForExitAsync(timer.Token).ConfigureAwait(false);
            return process.ExitCode == 0
                ? output.ToArray()
                : throw new LabException($"'{program}' could not unpack {input.Length} bytes: exit code {process.ExitCode}.");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            process.Kill();
            cancellation.ThrowIfCancellationRequested();
            throw new LabException($"'{program}' did not unpack {input.Length} bytes: {e.Message}", e);
        }
    }

    private static byte[] Gunzip(byte[] bytes)
    {
        using var stream = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        var output = new MemoryStream();
        stream.CopyTo(output);
        return output.ToArray();
    }

    private static void WriteElf(byte[] bytes, string source, string target)
    {
        if (!bytes.AsSpan().StartsWith(Elf))
        {
            throw new LabException($"{source} holds no ELF image.");
        }

        File.WriteAllBytes(target, bytes);
    }
}
