using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LightVM.Tinyx;

/// <summary>
/// Writes a root file system as an initramfs: a cpio archive in the "newc" format. Owners are kept; times, inode numbers and
/// order are not the machine's, so the same files give the same bytes. Large files with the same content become one with several names.
/// </summary>
internal static class CpioWriter
{
    private const int Alignment = 4;
    private const int Block = 512;
    private const string Trailer = "TRAILER!!!";

    // Smaller ones are configuration as well, which may be changed under one name only.
    private const long LeastShared = 64 << 10;

    /// <param name="tree">What to write.</param>
    /// <param name="output">Stays open.</param>
    /// <param name="time">The modification time of everything, in seconds since 1970.</param>
    /// <param name="cancellationToken">Ends it between files.</param>
    /// <exception cref="IOException">A file cannot be read, or the output not be written.</exception>
    public static async Task WriteAsync(RootTree tree, Stream output, long time, CancellationToken cancellationToken)
    {
        long position = 0;
        int inode = 0;
        var shared = Shared(tree);
        var written = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string path, RootEntry entry) in tree.Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int links = entry.Kind == FileKind.Directory ? 2 : 1;
            if (shared.TryGetValue(path, out (string Content, int Names) same))
            {
                links = same.Names;
                if (!written.TryAdd(same.Content, inode + 1))
                {
                    // Linux links it to the first of its number, which had the bytes.
                    await WriteHeaderAsync(path, entry, written[same.Content], links, 0, time).ConfigureAwait(false);
                    continue;
                }
            }

            FileStream? source = entry is { Kind: FileKind.File, Content: null } ? File.OpenRead(entry.Source!) : null;
            await using (source)
            {
                long size = source?.Length ?? entry.Content?.Length ?? 0;
                await WriteHeaderAsync(path, entry, ++inode, links, size, time).ConfigureAwait(false);
                if (source is not null)
                {
                    await source.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
                    if (source.Position != size)
                    {
                        throw new IOException($"{entry.Source} changed while it was read");
                    }
                }
                else if (entry.Content is not null)
                {
                    await output.WriteAsync(entry.Content, cancellationToken).ConfigureAwait(false);
                }

                position += size;
                await PadAsync(Alignment).ConfigureAwait(false);
            }
        }

        await WriteHeaderAsync(Trailer, new RootEntry(0, 0), 0, 1, 0, 0).ConfigureAwait(false);
        await PadAsync(Block).ConfigureAwait(false);

        async Task WriteHeaderAsync(string path, RootEntry entry, int number, int links, long size, long seconds)
        {
            if (size > uint.MaxValue)
            {
                throw new IOException($"{path} has {size} bytes: too many for an initramfs");
            }

            byte[] name = Encoding.UTF8.GetBytes(path + '\0');
            long[] fields =
            [
                number, (int)entry.Kind | entry.Permissions, entry.Owner, entry.Group, links, seconds,
                size, 0, 0, entry.Device.Major, entry.Device.Minor, name.Length, 0,
            ];
            var header = new StringBuilder("070701", 110);
            foreach (long field in fields)
            {
                header.Append(CultureInfo.InvariantCulture, $"{field:X8}");
            }

            byte[] bytes = [.. Encoding.ASCII.GetBytes(header.ToString()), .. name];
            await output.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            position += bytes.Length;
            await PadAsync(Alignment).ConfigureAwait(false);
        }

        async Task PadAsync(int unit)
        {
            byte[] padding = new byte[(unit - (position % unit)) % unit];
            await output.WriteAsync(padding, cancellationToken).ConfigureAwait(false);
            position += padding.Length;
        }
    }

    /// <summary>Of each file that has the content, mode and owner of another: what tells them from the rest, and how many there are.</summary>
    private static Dictionary<string, (string Content, int Names)> Shared(RootTree tree)
    {
        var shared = new Dictionary<string, (string, int)>(StringComparer.Ordinal);
        var large = tree.Entries
            .Where(e => e.Value is { Kind: FileKind.File, Content: null })
            .Select(e => (Path: e.Key, Entry: e.Value, new FileInfo(e.Value.Source!).Length))
            .Where(f => f.Length >= LeastShared);
        foreach (var sameSize in large.GroupBy(f => f.Length).Where(g => g.Count() > 1))
        {
            foreach (var same in sameSize.GroupBy(f => $"{Digest(f.Entry.Source!)} {f.Entry.Permissions} {f.Entry.Owner} {f.Entry.Group}").Where(g => g.Count() > 1))
            {
                foreach (var file in same)
                {
                    shared[file.Path] = (same.Key, same.Count());
                }
            }
        }

        return shared;
    }

    private static string Digest(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexString(SHA256.HashData(stream));
    }
}
