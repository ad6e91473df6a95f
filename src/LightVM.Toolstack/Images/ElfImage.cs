using System.Buffers.Binary;

namespace LightVM.Toolstack;

/// <summary>
/// What Xen must find in a guest's kernel: an ELF of 64 bits for x86-64, with notes of the name "Xen". Reads nothing outside
/// the given bytes, whatever they say.
/// </summary>
internal static class ElfImage
{
    /// <summary>XEN_ELFNOTE_ENTRY: where a PV guest begins.</summary>
    public const uint PvEntryNote = 1;

    /// <summary>XEN_ELFNOTE_PHYS32_ENTRY: where a PVH guest begins.</summary>
    public const uint PvhEntryNote = 18;

    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int MaxHeaders = 64; // these two as in liblightvm's image.c: what is imported here must start there
    private const int MaxNotes = 256;
    private const uint Load = 1;
    private const uint ProgramNote = 4;
    private const ushort MachineX64 = 62;

    /// <summary>Bytes that a guest of it occupies from its first to its last loaded byte.</summary>
    /// <returns>Null, or what is wrong, as the rest of a sentence about the file.</returns>
    public static string? Check(ReadOnlySpan<byte> file, out long loadedSize)
    {
        loadedSize = 0;
        if (file.Length < 4 || !file[..4].SequenceEqual("\u007fELF"u8))
        {
            return IsBzImage(file)
                ? "is a compressed Linux kernel (bzImage), not an ELF"
                : file.Length >= 2 && file[0] == 0x1f && file[1] == 0x8b ? "is gzip data, not an ELF" : "is not an ELF";
        }

        if (file.Length < HeaderSize)
        {
            return "is an ELF that ends within its header";
        }

        if (file[4] != 2 || file[5] != 1)
        {
            return "is an ELF, but not one of 64 bits, little endian";
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(file[18..]) != MachineX64)
        {
            return "is an ELF, but not for x86-64";
        }

        string? fault = ReadSegments(file, out bool hasNotes, out loadedSize);
        if (fault is not null)
        {
            return fault;
        }

        return hasNotes ? null : "is an ELF without Xen notes";
    }

    /// <summary>Whether a kernel that <see cref="Check"/> finds no fault with was configured to run as a guest.</summary>
    /// <returns>Null, or what is wrong, as the rest of a sentence about the file.</returns>
    public static string? CheckLinux(ReadOnlySpan<byte> file) => HasNote(file, PvEntryNote) || HasNote(file, PvhEntryNote)
        ? null
        : "has no entry for Xen: it was configured without CONFIG_XEN_PV and CONFIG_XEN_PVH";

    /// <summary>Whether a kernel that <see cref="Check"/> finds no fault with has a Xen note of that type.</summary>
    public static bool HasNote(ReadOnlySpan<byte> file, uint noteType)
    {
        if (file.Length < HeaderSize)
        {
            return false;
        }

        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(file[32..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[56..]);
        if (count > MaxHeaders || !Inside(file, table, (ulong)(ProgramHeaderSize * count)))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = file.Slice((int)table + (i * ProgramHeaderSize), ProgramHeaderSize);
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
            ulong size = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) == ProgramNote && Inside(file, offset, size) &&
                HasXenNote(file.Slice((int)offset, (int)size), noteType))
            {
                return true;
            }
        }

        return false;
    }

    private static string? ReadSegments(ReadOnlySpan<byte> file, out bool hasNotes, out long loadedSize)
    {
        hasNotes = false;
        loadedSize = 0;
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(file[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(file[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[56..]);
        if (count == 0 || count > MaxHeaders || size != ProgramHeaderSize || !Inside(file, table, (ulong)size * (ulong)count))
        {
            return "is an ELF without program headers of the usual size and number (at most 64) within the file";
        }

        ulong lowest = ulong.MaxValue;
        ulong highest = 0;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = file.Slice((int)table + (i * size), ProgramHeaderSize);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(header);
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
            ulong physical = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
            ulong fileSize = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
            ulong memorySize = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
            if (type == Load && memorySize != 0)
            {
                if (!Inside(file, offset, fileSize) || fileSize > memorySize || physical > ulong.MaxValue - memorySize)
                {
                    return "is an ELF with a segment that reaches outside the file: it is cut off or damaged";
                }

                lowest = Math.Min(lowest, physical);
                highest = Math.Max(highest, physical + memorySize);
            }
            else if (type == ProgramNote && Inside(file, offset, fileSize))
            {
                hasNotes |= HasXenNote(file.Slice((int)offset, (int)fileSize));
            }
        }

        if (highest == 0)
        {
            return "is an ELF with nothing to load";
        }

        ulong span = highest - lowest;
        if (span > 1UL << 40)
        {
            return "is an ELF whose segments lie too far apart to be a kernel";
        }

        loadedSize = (long)span;
        return null;
    }

    /// <param name="noteType">Null: of any type.</param>
    private static bool HasXenNote(ReadOnlySpan<byte> notes, uint? noteType = null)
    {
        for (int i = 0; i < MaxNotes && notes.Length >= 12; i++)
        {
            uint nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            uint valueSize = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            ulong next = 12 + Padded(nameSize) + Padded(valueSize);
            if (nameSize > (uint)(notes.Length - 12))
            {
                return false;
            }

            if (notes.Slice(12, (int)nameSize).SequenceEqual("Xen\0"u8) &&
                (noteType is null || noteType == BinaryPrimitives.ReadUInt32LittleEndian(notes[8..])))
            {
                return true;
            }

            if (next >= (ulong)notes.Length)
            {
                return false;
            }

            notes = notes[(int)next..];
        }

        return false;
    }

    private static bool IsBzImage(ReadOnlySpan<byte> file) => file.Length > 0x206 && file[0x202..0x206].SequenceEqual("HdrS"u8);

    private static ulong Padded(uint size) => ((ulong)size + 3) & ~3UL;

    private static bool Inside(ReadOnlySpan<byte> file, ulong offset, ulong size) =>
        offset <= (ulong)file.Length && size <= (ulong)file.Length - offset;
}
