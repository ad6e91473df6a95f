using System.Globalization;
using System.Text;

namespace LightVM.Lab.Boot;

/// <summary>Writes an initramfs: a cpio archive in the "newc" format, everything owned by root.</summary>
internal sealed class CpioWriter : IDisposable
{
    private const int Directory = 0x4000;
    private const int RegularFile = 0x8000;
    private const int SymbolicLink = 0xA000;

    private readonly Stream _stream;
    private readonly HashSet<string> _directories = [];
    private long _position;
    private int _inode;

    /// <summary>Writes to a stream, which stays open.</summary>
    public CpioWriter(Stream stream) => _stream = stream;

    /// <summary>Adds a file, and the directories above it that are not there yet.</summary>
    /// <param name="path">Relative to the archive's root, with '/'.</param>
    /// <param name="content">The file's bytes.</param>
    /// <param name="mode">Permission bits.</param>
    public void AddFile(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        AddParents(path);
        AddEntry(path, RegularFile | (int)mode, content);
    }

    /// <summary>Adds a file of text in UTF-8.</summary>
    public void AddFile(string path, string content, UnixFileMode mode) =>
        AddFile(path, Encoding.UTF8.GetBytes(content), mode);

    /// <summary>Adds a symbolic link.</summary>
    public void AddLink(string path, string target)
    {
        AddParents(path);
        AddEntry(path, SymbolicLink | 0x1FF, Encoding.UTF8.GetBytes(target));
    }

    /// <summary>Ends the archive. Nothing can be added after.</summary>
    public void Dispose()
    {
        AddEntry("TRAILER!!!", 0, []);
        Pad(512);
        _stream.Flush();
    }

    private void AddParents(string path)
    {
        for (var slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (_directories.Add(path[..slash]))
            {
                AddEntry(path[..slash], Directory | 0x1ED, []);
            }
        }
    }

    private void AddEntry(string path, int mode, ReadOnlySpan<byte> content)
    {
        var name = Encoding.UTF8.GetBytes(path + '\0');
        var links = (mode & 0xF000) == Directory ? 2 : 1;
        int[] fields = [++_inode, mode, 0, 0, links, 0, content.Length, 0, 0, 0, 0, name.Length, 0];
        var header = new StringBuilder("070701", 110);
        foreach (var field in fields)
        {
            header.Append(CultureInfo.InvariantCulture, $"{field:X8}");
        }

        Write(Encoding.ASCII.GetBytes(header.ToString()));
        Write(name);
        Pad(4);
        Write(content);
        Pad(4);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _position += bytes.Length;
    }

    private void Pad(int unit) => Write(new byte[(int)((unit - (_position % unit)) % unit)]);
}
