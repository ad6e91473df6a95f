using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// The console log files: made here, written by lightvm-io, read with pread only. One file holds all lives of a guest since
/// the host's boot.
/// </summary>
internal sealed class ConsoleLogs
{
    private const string Suffix = ".log";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _directory;

    public ConsoleLogs(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory, OwnerOnly);
    }

    public string PathOf(Guid id) => Path.Combine(_directory, id.ToString("D") + Suffix);

    /// <summary>Makes the log of a guest to come.</summary>
    /// <returns>The file, for <see cref="BeginFirstLife"/>.</returns>
    public SafeFileHandle Prepare(Guid id) => LogFile.CreateOrOpen(PathOf(id), ConsoleLogLayout.FileSize, out _);

    /// <summary>Makes a prepared log ready for the first life of its guest.</summary>
    public static void BeginFirstLife(SafeFileHandle file, Guid id, uint domain) => WriteOwner(file, OwnerOf(id, domain));

    /// <summary>Makes the log ready for a new life, and the file if there is none. The guest is not attached.</summary>
    /// <param name="ringIndex">Of a restored guest: how far its console ring was read in its earlier life.</param>
    /// <returns>The file, to be passed to lightvm-io and closed.</returns>
    public SafeFileHandle BeginLife(Guid id, uint domain, uint ringIndex = 0)
    {
        string path = PathOf(id);
        SafeFileHandle file = LogFile.CreateOrOpen(path, ConsoleLogLayout.FileSize, out bool created);
        try
        {
            ConsoleLogLayout.Owner owner = OwnerOf(id, domain);
            if (!created && RandomAccess.GetLength(file) == ConsoleLogLayout.FileSize &&
                TryReadHeader(file, out ConsoleLogLayout.Header header))
            {
                owner.Base = EndLine(file, header);
            }
            else if (!created)
            {
                RandomAccess.SetLength(file, 0); // cut off, not one of ours, or of another version
                RandomAccess.SetLength(file, ConsoleLogLayout.FileSize);
            }

            owner.Base = unchecked(owner.Base - ringIndex); // io.h: head - base is the index in the ring
            WriteOwner(file, owner);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens the log of a life that goes on, to be attached again.</summary>
    /// <exception cref="IOException">It is not there, or cannot be opened.</exception>
    public SafeFileHandle Reopen(Guid id) =>
        LogFile.TryOpen(PathOf(id)) ?? throw new FileNotFoundException($"'{PathOf(id)}' is gone.", PathOf(id));

    /// <summary>Opens a log for reading; null: the guest has none.</summary>
    public SafeFileHandle? TryOpen(Guid id)
    {
        try
        {
            return File.OpenHandle(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public void Delete(Guid id) => File.Delete(PathOf(id));

    /// <summary>Deletes the logs of guests that are no more.</summary>
    public void DeleteAllBut(Func<Guid, bool> isKept)
    {
        foreach (string path in Directory.EnumerateFiles(_directory, "*" + Suffix))
        {
            if (!Guid.TryParseExact(Path.GetFileNameWithoutExtension(path), "D", out Guid id) || !isKept(id))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Reads and checks a header. False: the file is none, whoever made it so.</summary>
    public static bool TryReadHeader(SafeFileHandle file, out ConsoleLogLayout.Header header)
    {
        header = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ConsoleLogLayout.Header>(ref header));
        return RandomAccess.Read(file, bytes, 0) == bytes.Length &&
            header.Owner.Magic == ConsoleLogLayout.Magic &&
            header.Owner.Version == ConsoleLogLayout.Version &&
            header.Owner.DataSize == ConsoleLogLayout.DataSize &&
            header.Head < long.MaxValue;
    }

    private static ConsoleLogLayout.Owner OwnerOf(Guid id, uint domain) => new()
    {
        Magic = ConsoleLogLayout.Magic,
        Version = ConsoleLogLayout.Version,
        DataSize = ConsoleLogLayout.DataSize,
        DomainId = domain,
        Uuid = id,
    };

    private static void WriteOwner(SafeFileHandle file, in ConsoleLogLayout.Owner owner) =>
        LogFile.Write(file, MemoryMarshal.AsBytes(new ReadOnlySpan<ConsoleLogLayout.Owner>(in owner)), 0);

    /// <summary>
    /// Ends a line that the life before left open, so that the next life's first is a line of its own: as a drain of one
    /// newline into the last chunk.
    /// </summary>
    /// <returns>Where the next life begins.</returns>
    private static ulong EndLine(SafeFileHandle file, in ConsoleLogLayout.Header header)
    {
        ulong head = header.Head;
        if (head == 0)
        {
            return 0;
        }

        byte newline = (byte)'\n';
        byte last = 0;
        RandomAccess.Read(file, new Span<byte>(ref last), DataPosition(head - 1));
        if (last == newline)
        {
            return head;
        }

        LogFile.Write(file, new ReadOnlySpan<byte>(in newline), DataPosition(head));
        head++;
        LogFile.Write(file, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(ref head)), Unsafe.SizeOf<ConsoleLogLayout.Owner>());
        return head;
    }

    private static long DataPosition(ulong position) =>
        ConsoleLogLayout.DataOffset + (long)(position % ConsoleLogLayout.DataSize);
}
