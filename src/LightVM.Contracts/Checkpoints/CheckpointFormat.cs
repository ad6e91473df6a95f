using System.Buffers.Binary;

namespace LightVM;

/// <summary>
/// The layout of a checkpoint's file, as docs/checkpoints.md describes it: a prologue, a header of JSON, the guest's memory from a
/// page boundary on, a trailer. Little-endian.
/// </summary>
public static class CheckpointFormat
{
    public const uint Version = 1;

    /// <summary>Of files on hosts and at clients.</summary>
    public const string Extension = ".lvmck";

    /// <summary>Bytes: magic, version, length of the header, its checksum, a reserved word.</summary>
    public const int PrologueSize = 32;

    /// <summary>Bytes: magic, length of the memory, a reserved word, the checksum of all that is before it.</summary>
    public const int TrailerSize = 32;

    /// <summary>Bytes.</summary>
    public const int MaxHeader = 4 << 20;

    /// <summary>The memory begins at a multiple of it.</summary>
    public const int Alignment = 4096;

    internal const int ChecksumSize = sizeof(ulong);

    internal static ReadOnlySpan<byte> Magic => "LightVM\u001a"u8;

    internal static ReadOnlySpan<byte> EndMagic => "LVMEnd\r\n"u8;

    /// <summary>Where the memory begins.</summary>
    public static long MemoryOffset(int headerLength) => (PrologueSize + (long)headerLength + Alignment - 1) / Alignment * Alignment;

    /// <summary>All that is in front of the memory.</summary>
    public static byte[] Begin(ReadOnlySpan<byte> header)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(header.Length, MaxHeader);
        byte[] bytes = new byte[MemoryOffset(header.Length)];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)header.Length);
        header.CopyTo(bytes.AsSpan(PrologueSize));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), HeaderChecksum(bytes, header.Length));
        return bytes;
    }

    /// <summary>The trailer.</summary>
    /// <param name="before">Over all that was written so far; goes on here.</param>
    /// <param name="memoryLength">Bytes.</param>
    public static byte[] End(XxHash64 before, long memoryLength)
    {
        ArgumentNullException.ThrowIfNull(before);
        byte[] bytes = new byte[TrailerSize];
        EndMagic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), memoryLength);
        before.Append(bytes.AsSpan(0, TrailerSize - ChecksumSize));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(TrailerSize - ChecksumSize), before.Value);
        return bytes;
    }

    /// <summary>The length of the header, as a prologue says it.</summary>
    /// <exception cref="LightVMException">CheckpointInvalid.</exception>
    public static int HeaderLength(ReadOnlySpan<byte> prologue, string? target)
    {
        if (prologue.Length < PrologueSize)
        {
            throw Invalid(target, $"it has {prologue.Length} bytes");
        }

        if (!prologue[..8].SequenceEqual(Magic))
        {
            throw Invalid(target, "it does not begin as a checkpoint does");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(prologue[8..]);
        if (version != Version)
        {
            throw Invalid(target, $"it is of version {version}, and version {Version} is understood here");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(prologue[12..]);
        return length is > 0 and <= MaxHeader ? (int)length : throw Invalid(target, $"its header of {length} bytes is none");
    }

    /// <summary>Checks prologue and header, which lie in one piece.</summary>
    /// <exception cref="LightVMException">CheckpointInvalid.</exception>
    public static void CheckHeader(ReadOnlySpan<byte> prologueAndHeader, string? target)
    {
        ulong said = BinaryPrimitives.ReadUInt64LittleEndian(prologueAndHeader[16..]);
        if (said != HeaderChecksum(prologueAndHeader, prologueAndHeader.Length - PrologueSize))
        {
            throw Invalid(target, "its header was altered");
        }
    }

    /// <summary>A file that is not what it should be.</summary>
    public static LightVMException Invalid(string? target, string what, Exception? inner = null) => new(
        ErrorCodes.CheckpointInvalid,
        target is null ? $"This is no whole checkpoint: {what}." : $"'{target}' is no whole checkpoint: {what}.",
        target,
        "Use another copy of it: nothing was changed.",
        inner);

    private static ulong HeaderChecksum(ReadOnlySpan<byte> bytes, int headerLength)
    {
        var hash = new XxHash64();
        hash.Append(bytes[..16]);
        hash.Append(bytes.Slice(PrologueSize, headerLength));
        return hash.Value;
    }
}
