using System.Buffers.Binary;

namespace LightVM.Client.Tests;

/// <summary>The memory that an image made of a kernel's file needs is what its host will reckon: gaps between segments count.</summary>
public sealed class KernelFilesSayWhatTheyNeed : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Fact]
    public async Task A_gap_between_segments_is_part_of_it() =>
        Assert.Equal(0x300000, await MinimumMemory((0x1000000, 0x1000), (0x1200000, 0x100000)));

    [Fact]
    public async Task Segments_may_come_in_any_order() =>
        Assert.Equal(0x300000, await MinimumMemory((0x1200000, 0x100000), (0x1000000, 0x1000)));

    [Fact]
    public async Task One_segment_is_its_own_size_in_pages() => Assert.Equal(0x2000, await MinimumMemory((0x1000000, 0x1001)));

    [Fact]
    public async Task A_segment_that_is_none_does_not_count()
    {
        Assert.Equal(0x1000, await MinimumMemory((0x1000000, 0x1000), (0x9000000, 0), (ulong.MaxValue - 1, 0x1000)));
        Assert.Equal(0, await MinimumMemory((ulong.MaxValue - 1, 0x1000)));
    }

    [Fact]
    public async Task No_file_makes_it_negative() => Assert.Equal(1L << 40, await MinimumMemory((0, 1), (ulong.MaxValue - 2, 1)));

    // An ELF of nothing but its headers: of each segment, where it is loaded and how much it takes.
    private async Task<long> MinimumMemory(params (ulong Physical, ulong Size)[] segments)
    {
        const int header = 64, entry = 56;
        var file = new byte[header + (entry * segments.Length)];
        "\u007fELF"u8.CopyTo(file);
        file[4] = 2;
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), header);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(54), entry);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), (ushort)segments.Length);
        for (int i = 0; i < segments.Length; i++)
        {
            Span<byte> segment = file.AsSpan(header + (entry * i), entry);
            BinaryPrimitives.WriteUInt32LittleEndian(segment, 1);
            BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], segments[i].Physical);
            BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], segments[i].Size);
        }

        await File.WriteAllBytesAsync(path, file);
        return (await KernelImage.ReadAsync(path, null)).Manifest.MinimumMemory;
    }
}
