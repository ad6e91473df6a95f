using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;

namespace LightVM.Daemon.Store;

/// <summary>
/// A bounded file of records under /run, mapped into memory: what is appended outlives the process at once, without a
/// system call, because the page cache owns the pages. (It does not outlive the host; see <see cref="StateStore"/>.)
/// </summary>
/// <remarks>
/// The file is a header (magic, version, generation) and records of <c>length, crc32c, payload</c>, each padded to 8 bytes. The
/// checksum covers the generation, so records of an earlier filling never count; the length is stored last, so a record whose
/// writing was cut off does not count either. Not thread-safe: the owner locks.
/// </remarks>
internal sealed unsafe class MappedJournal : IDisposable
{
    private const uint Magic = 0x4a_4d_56_4c; // "LVMJ"
    private const uint Version = 1;
    private const int HeaderSize = 64;
    private const int RecordHeaderSize = 8;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _base;
    private readonly int _capacity;
    private int _end = HeaderSize;

    /// <summary>Opens or creates the file. One of another size, or without our header, becomes an empty one.</summary>
    /// <param name="path">Under /run.</param>
    /// <param name="capacity">Bytes of the whole file.</param>
    public MappedJournal(string path, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, HeaderSize + 64);
        _capacity = capacity;
        var stream = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        if (stream.Length != capacity)
        {
            // Written, not only sized: a store into a page that a full tmpfs cannot supply would be a SIGBUS.
            stream.SetLength(0);
            byte[] zeros = new byte[64 * 1024];
            for (int left = capacity; left > 0; left -= zeros.Length)
            {
                stream.Write(zeros, 0, Math.Min(left, zeros.Length));
            }

            stream.Flush();
        }

        _file = MemoryMappedFile.CreateFromFile(
            stream, mapName: null, capacity, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, capacity, MemoryMappedFileAccess.ReadWrite);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _base);
        if (ReadUInt32(0) != Magic || ReadUInt32(4) != Version)
        {
            WriteUInt64(8, 0);
            WriteUInt32(4, Version);
            Volatile.Write(ref *(uint*)_base, Magic);
        }

        Generation = BinaryPrimitives.ReadUInt64LittleEndian(Span(8, 8));
        _end = FindEnd();
    }

    /// <summary>The filling that its records belong to; files are replayed in the order of this number.</summary>
    public ulong Generation { get; private set; }

    public bool IsEmpty => _end == HeaderSize;

    /// <summary>Bytes in use by records.</summary>
    public int Used => _end - HeaderSize;

    /// <summary>The longest payload that an empty journal can take.</summary>
    public int MaxPayload => _capacity - HeaderSize - RecordHeaderSize;

    /// <summary>Adds a record; false if there is no room for it.</summary>
    public bool TryAppend(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            throw new ArgumentException("A record has at least one byte.", nameof(payload));
        }

        int size = RecordSize(payload.Length);
        if (size > _capacity - _end)
        {
            return false;
        }

        payload.CopyTo(Span(_end + RecordHeaderSize, payload.Length));
        WriteUInt32(_end + 4, Checksum(payload));
        // The release store that makes the record count.
        Volatile.Write(ref *(uint*)(_base + _end), (uint)payload.Length);
        _end += size;
        return true;
    }

    /// <summary>Hands every record to <paramref name="visit"/>, oldest first. The span is the mapping itself.</summary>
    public void Replay(RecordVisitor visit)
    {
        int end = _end;
        for (int at = HeaderSize; at < end;)
        {
            int length = (int)ReadUInt32(at);
            visit(Span(at + RecordHeaderSize, length));
            at += RecordSize(length);
        }
    }

    /// <summary>Empties it, by one store: its records belong to no generation any more.</summary>
    public void Reset(ulong generation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(generation, Generation);
        Volatile.Write(ref *(ulong*)(_base + 8), generation);
        Generation = generation;
        _end = HeaderSize;
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private static int RecordSize(int payload) => (RecordHeaderSize + payload + 7) & ~7;

    private int FindEnd()
    {
        int at = HeaderSize;
        while (_capacity - at > RecordHeaderSize)
        {
            uint length = ReadUInt32(at);
            if (length == 0
                || length > (uint)(_capacity - at - RecordHeaderSize)
                || Checksum(Span(at + RecordHeaderSize, (int)length)) != ReadUInt32(at + 4))
            {
                break;
            }

            at += RecordSize((int)length);
        }

        return Math.Min(at, _capacity);
    }

    private uint Checksum(ReadOnlySpan<byte> payload)
    {
        Span<byte> prefix = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, Generation);
        BinaryPrimitives.WriteInt32LittleEndian(prefix[8..], payload.Length);
        return Crc32C.Append(Crc32C.Append(0, prefix), payload);
    }

    private Span<byte> Span(int offset, int length) => new(_base + offset, length);

    private uint ReadUInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(Span(offset, 4));

    private void WriteUInt32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Span(offset, 4), value);

    private void WriteUInt64(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Span(offset, 8), value);
}
