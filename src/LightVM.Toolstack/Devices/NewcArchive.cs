using System.Buffers;
using System.Text;

namespace LightVM.Toolstack;

/// <summary>
/// A cpio archive of the format "newc", as Linux unpacks initramfs from and as unikernels read files of. Directories above a
/// file come before it: Linux makes none by itself. Owner is root, times are 0. Not thread-safe.
/// </summary>
internal sealed class NewcArchive
{
    private const int HeaderSize = 110;
    private const uint RegularFile = 0x8000;
    private const uint DirectoryType = 0x4000;
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly HashSet<string> _directories = new(StringComparer.Ordinal);
    private uint _inode = 1;

    /// <summary>Its bytes, ended by the trailer.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        Entry("TRAILER!!!", 0, 1, []);
        return _bytes.WrittenSpan;
    }

    /// <param name="path">Absolute.</param>
    public void Add(string path, int mode, ReadOnlySpan<byte> content)
    {
        string name = path.TrimStart('/');
        for (int slash = name.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = name.IndexOf('/', slash + 1))
        {
            string directory = name[..slash];
            if (_directories.Add(directory))
            {
                Entry(directory, DirectoryType | ModeOf(directory), 2, []);
            }
        }

        Entry(name, RegularFile | ((uint)mode & 0xfff), 1, content);
    }

    /// <summary>Linux gives a directory that is there already this mode too, so the few that have another keep it.</summary>
    private static uint ModeOf(string directory) => directory switch
    {
        "root" => 0x1c0,            // 0700
        "tmp" or "var/tmp" => 0x3ff, // 01777
        _ => 0x1ed,                 // 0755
    };

    private void Entry(string name, uint mode, uint links, ReadOnlySpan<byte> content)
    {
        int nameSize = Encoding.UTF8.GetByteCount(name) + 1;
        ReadOnlySpan<uint> fields =
        [
            mode == 0 ? 0 : _inode++, mode, 0, 0, links, 0, (uint)content.Length, 0, 0, 0, 0, (uint)nameSize, 0,
        ];
        _bytes.Write("070701"u8);
        Span<byte> digits = stackalloc byte[8];
        foreach (uint field in fields)
        {
            field.TryFormat(digits, out _, "x8");
            _bytes.Write(digits);
        }

        _bytes.Write(Encoding.UTF8.GetBytes(name));
        Pad(nameSize - Encoding.UTF8.GetByteCount(name)); // the NUL
        Pad(Missing(HeaderSize + nameSize));
        _bytes.Write(content);
        Pad(Missing(content.Length));
    }

    private static int Missing(int size) => -size & 3;

    private void Pad(int count)
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0, 0];
        _bytes.Write(zeros[..count]);
    }
}
