using System.Buffers.Binary;
using System.Text;

namespace LightVM.Client;

/// <summary>What a kernel's file says of itself, as far as making an image of it asks: the daemon checks it in full.</summary>
/// <param name="Kind"><c>linux</c> or <c>unikernel</c>.</param>
/// <param name="Memory">Bytes from its first to its last one once it is loaded; 0: not known.</param>
internal sealed record KernelFile(string Kind, long Memory)
{
    private const int ElfHeader = 64;
    private const int ProgramHeader = 56;
    private const uint LoadSegment = 1;
    private const uint NoteSegment = 4;
    private const uint GuestOsNote = 6;
    private const ulong LargestSpan = 1UL << 40; // no daemon takes such a kernel

    /// <summary>Any bytes; what is not understood is called a unikernel.</summary>
    public static KernelFile Read(ReadOnlySpan<byte> file) =>
        file.StartsWith("\u007fELF"u8) && file.Length >= ElfHeader && file[4] == 2 ? ReadElf(file)
        : IsBzImage(file) ? new KernelFile("linux", BinaryPrimitives.ReadUInt32LittleEndian(file[0x260..]))
        : new KernelFile("unikernel", 0);

    // Linux' boot protocol: HdrS at 0x202; from version 2.10 on init_size, the memory that it takes.
    private static bool IsBzImage(ReadOnlySpan<byte> file) =>
        file.Length > 0x264 && file[0x202..].StartsWith("HdrS"u8) && BinaryPrimitives.ReadUInt16LittleEndian(file[0x206..]) >= 0x20a;

    private static KernelFile ReadElf(ReadOnlySpan<byte> file)
    {
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(file[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(file[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[56..]);
        string kind = "unikernel";
        ulong lowest = ulong.MaxValue;
        ulong highest = 0;
        for (int i = 0; i < count; i++)
        {
            ulong at = table + (ulong)(i * size);
            if (size < ProgramHeader || at > (ulong)file.Length || (ulong)file.Length - at < ProgramHeader)
            {
                break;
            }

            ReadOnlySpan<byte> header = file.Slice((int)at, ProgramHeader);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(header);
            ulong physical = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
            ulong occupied = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
            if (type == LoadSegment && occupied != 0 && physical <= ulong.MaxValue - occupied)
            {
                // Between segments there are gaps, which are its memory too.
                lowest = Math.Min(lowest, physical);
                highest = Math.Max(highest, physical + occupied);
            }
            else if (type == NoteSegment)
            {
                ulong start = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
                ulong length = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
                if (start <= (ulong)file.Length && length <= (ulong)file.Length - start && IsLinux(file.Slice((int)start, (int)length)))
                {
                    kind = "linux";
                }
            }
        }

        return new KernelFile(kind, highest == 0 ? 0 : (long)Math.Min(highest - lowest, LargestSpan));
    }

    private static bool IsLinux(ReadOnlySpan<byte> notes)
    {
        while (notes.Length >= 12)
        {
            uint name = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            ulong content = 12 + (((ulong)name + 3) & ~3UL);
            ulong next = content + (((ulong)length + 3) & ~3UL);
            if (content + length > (ulong)notes.Length)
            {
                return false;
            }

            if (type == GuestOsNote && notes[12..].StartsWith("Xen"u8))
            {
                return Encoding.ASCII.GetString(notes.Slice((int)content, (int)length)).TrimEnd('\0') == "linux";
            }

            if (next >= (ulong)notes.Length)
            {
                return false;
            }

            notes = notes[(int)next..];
        }

        return false;
    }
}
