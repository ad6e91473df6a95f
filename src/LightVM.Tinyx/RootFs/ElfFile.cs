using System.Buffers.Binary;
using System.Text;

namespace LightVM.Tinyx;

/// <summary>What an ELF file asks of other files. Files are anybody's: everything that they say is bounded and checked before it is used.</summary>
/// <param name="Machine">e_machine; 62 is x86-64.</param>
/// <param name="Interpreter">The program that loads it, for example <c>/lib64/ld-linux-x86-64.so.2</c>; or null.</param>
/// <param name="Needed">Names of libraries.</param>
/// <param name="SearchPath">Its own directories for those, with $ORIGIN as it stands.</param>
/// <param name="MemorySize">Bytes of memory that its segments are loaded to.</param>
internal sealed record ElfFile(int Machine, string? Interpreter, IReadOnlyList<string> Needed, IReadOnlyList<string> SearchPath, long MemorySize = 0)
{
    public const int X86_64 = 62;

    private const int Header = 64;
    private const int ProgramHeader = 56;
    private const int MostHeaders = 128;
    private const int MostDynamic = 4096;
    private const int MostText = 4096;

    private const int LoadSegment = 1;
    private const int DynamicSegment = 2;
    private const int InterpreterSegment = 3;

    private const long NeededTag = 1;
    private const long StringTableTag = 5;
    private const long RPathTag = 15;
    private const long RunPathTag = 29;

    /// <summary>Null: not an ELF file for 64 bits, or one that contradicts itself.</summary>
    public static ElfFile? Read(Stream file)
    {
        byte[] header = new byte[Header];
        if (file.ReadAtLeast(header, Header, throwOnEndOfStream: false) < Header || !header.AsSpan().StartsWith("\u007fELF\u0002\u0001"u8))
        {
            return null;
        }

        long table = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(32));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(54));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(56));
        if (size != ProgramHeader || count > MostHeaders || ReadAt(file, table, count * ProgramHeader) is not { } headers)
        {
            return null;
        }

        var segments = new Segment[count];
        for (int i = 0; i < count; i++)
        {
            segments[i] = Segment.Read(headers.AsSpan(i * ProgramHeader, ProgramHeader));
        }

        string? interpreter = null;
        if (segments.FirstOrDefault(s => s.Type == InterpreterSegment) is { } named)
        {
            interpreter = ReadText(file, named.Offset, named.FileSize);
        }

        (List<string> needed, List<string> search) = ReadDynamic(file, segments);
        return new ElfFile(BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(18)), interpreter, needed, search, segments.Where(s => s.Type == LoadSegment).Sum(s => s.MemorySize));
    }

    private static (List<string> Needed, List<string> Search) ReadDynamic(Stream file, Segment[] segments)
    {
        var needed = new List<string>();
        var search = new List<string>();
        Segment? dynamic = segments.FirstOrDefault(s => s.Type == DynamicSegment);
        if (dynamic is null || ReadAt(file, dynamic.Offset, (int)Math.Min(dynamic.FileSize, MostDynamic * 16)) is not { } entries)
        {
            return (needed, search);
        }

        var tags = new List<(long Tag, long Value)>();
        for (int at = 0; at + 16 <= entries.Length; at += 16)
        {
            tags.Add((BinaryPrimitives.ReadInt64LittleEndian(entries.AsSpan(at)), BinaryPrimitives.ReadInt64LittleEndian(entries.AsSpan(at + 8))));
            if (tags[^1].Tag == 0)
            {
                break;
            }
        }

        // The string table is told by its address: the segment that holds it says where that is in the file.
        long address = tags.FirstOrDefault(t => t.Tag == StringTableTag).Value;
        if (segments.FirstOrDefault(s => s.Type == LoadSegment && address >= s.Address && address - s.Address < s.FileSize) is not { } holder)
        {
            return (needed, search);
        }

        long strings = holder.Offset + (address - holder.Address);
        foreach ((long tag, long value) in tags)
        {
            if (tag is NeededTag or RPathTag or RunPathTag && value is >= 0 and < int.MaxValue && ReadText(file, strings + value, MostText) is { Length: > 0 } text)
            {
                (tag == NeededTag ? needed : search).AddRange(tag == NeededTag ? [text] : text.Split(':', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return (needed, search);
    }

    /// <summary>Up to its NUL; null if that does not come soon.</summary>
    private static string? ReadText(Stream file, long offset, long most)
    {
        if (offset < 0 || offset >= file.Length || ReadAt(file, offset, (int)Math.Min(Math.Min(Math.Max(most, 0), MostText), file.Length - offset)) is not { } bytes)
        {
            return null;
        }

        int end = bytes.AsSpan().IndexOf((byte)0);
        return end < 0 ? null : Encoding.UTF8.GetString(bytes, 0, end);
    }

    private static byte[]? ReadAt(Stream file, long offset, int count)
    {
        if (offset < 0 || count < 0 || offset > file.Length || file.Length - offset < count)
        {
            return null;
        }

        byte[] bytes = new byte[count];
        file.Position = offset;
        return file.ReadAtLeast(bytes, count, throwOnEndOfStream: false) == count ? bytes : null;
    }

    private sealed record Segment(uint Type, long Offset, long Address, long FileSize, long MemorySize)
    {
        public static Segment Read(ReadOnlySpan<byte> header) => new(
            BinaryPrimitives.ReadUInt32LittleEndian(header),
            BinaryPrimitives.ReadInt64LittleEndian(header[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[40..]));
    }
}
