using System.Buffers.Binary;
using System.IO.Compression;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// A Linux kernel as distributions ship it: a loader with the kernel's ELF in it, packed (Documentation/arch/x86/boot.rst).
/// Reads nothing outside the given bytes, whatever they say.
/// </summary>
internal static class BzImage
{
    /// <summary>Bytes; Debian's kernel has 60 MiB.</summary>
    public const int LargestKernel = 512 << 20;

    private const int SetupSectors = 0x1f1;
    private const int Signature = 0x202;
    private const int Version = 0x206;
    private const int PayloadOffset = 0x248;
    private const int PayloadLength = 0x24c;
    private const int HeaderEnd = 0x250;
    private const int FirstVersionWithPayload = 0x208;
    private const int Sector = 512;

    public static bool Is(ReadOnlySpan<byte> file) => file.Length >= HeaderEnd && file[Signature..].StartsWith("HdrS"u8);

    /// <summary>How large the kernel in it says that it is, unpacked.</summary>
    /// <returns>Null, or what is wrong, as the rest of a sentence about the file.</returns>
    public static string? Measure(ReadOnlySpan<byte> file, out int size)
    {
        size = 0;
        string? fault = Locate(file, out ReadOnlySpan<byte> payload);
        if (fault is not null)
        {
            return fault;
        }

        // Whatever packed it, the build puts the unpacked size behind it; gzip has it there itself.
        uint claimed = IsElf(payload) ? (uint)payload.Length : BinaryPrimitives.ReadUInt32LittleEndian(payload[^4..]);
        if (claimed is 0 or > LargestKernel)
        {
            return $"is a bzImage whose kernel would have {claimed:N0} bytes; at most {LargestKernel:N0} are taken";
        }

        size = (int)claimed;
        return null;
    }

    /// <param name="file">What <see cref="Measure"/> finds no fault with.</param>
    /// <param name="target">As many bytes as it said.</param>
    /// <returns>Null, or what is wrong, as the rest of a sentence about the file.</returns>
    public static string? Unpack(ReadOnlySpan<byte> file, Span<byte> target)
    {
        string? fault = Locate(file, out ReadOnlySpan<byte> payload);
        if (fault is not null)
        {
            return fault;
        }

        ReadOnlySpan<byte> packed = payload[..^4];
        (string? format, int? written) = payload switch
        {
            [0x7f, (byte)'E', (byte)'L', (byte)'F', ..] => ("", Copy(payload, target)),
            [0x1f, 0x8b, ..] => ("gzip", Gunzip(payload, target)),
            [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => ("xz", Xz.Unpack(packed, target)),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => ("zstd", Zstandard.Unpack(packed, target)),
            [0x02, 0x21, 0x4c, 0x18, ..] => ("lz4", LegacyLz4.Unpack(packed, target)),
            _ => ((string?)null, (int?)null),
        };
        return format is null ? "is a bzImage whose kernel is packed neither by gzip, xz, zstd nor lz4"
            : written == target.Length ? null
            : $"is a bzImage whose kernel cannot be unpacked ({format}): it is damaged";
    }

    private static bool IsElf(ReadOnlySpan<byte> payload) => payload.StartsWith("\u007fELF"u8);

    private static string? Locate(ReadOnlySpan<byte> file, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (!Is(file) || BinaryPrimitives.ReadUInt16LittleEndian(file[Version..]) < FirstVersionWithPayload)
        {
            return "is no bzImage, or one from before 2008";
        }

        int sectors = file[SetupSectors];
        long start = ((sectors == 0 ? 4 : sectors) + 1) * (long)Sector + BinaryPrimitives.ReadUInt32LittleEndian(file[PayloadOffset..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(file[PayloadLength..]);
        if (length < 16 || start + length > file.Length)
        {
            return $"is a bzImage that is cut off: its kernel would end at byte {start + length:N0} of {file.Length:N0}";
        }

        payload = file.Slice((int)start, (int)length);
        return null;
    }

    private static int? Copy(ReadOnlySpan<byte> payload, Span<byte> target)
    {
        payload.CopyTo(target);
        return payload.Length;
    }

    private static unsafe int? Gunzip(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        fixed (byte* start = packed)
        {
            using var source = new UnmanagedMemoryStream(start, packed.Length);
            using var stream = new GZipStream(source, CompressionMode.Decompress);
            try
            {
                int count = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
                return stream.ReadByte() < 0 ? count : null;
            }
            catch (InvalidDataException)
            {
                return null;
            }
        }
    }
}
