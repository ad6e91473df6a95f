using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace LightVM.Tinyx;

/// <summary>
/// Lays the layers of an OCI image over each other. Nothing is unpacked to where an archive says: each file's bytes go into a numbered
/// file of ours, and names exist only in the tree.
/// </summary>
internal sealed class OciLayers(string layout, RootTree root, string work)
{
    private const string Whiteout = ".wh.";
    private const string Opaque = ".wh..wh..opq";
    private const int MostFiles = 500_000;
    private const long MostBytes = 8L << 30;

    private int files;
    private long bytes;

    /// <exception cref="LightVMException">ImageInvalid: an archive is broken, too large, or not what its digest says.</exception>
    public async Task AddAsync(string file, string mediaType, CancellationToken cancellationToken)
    {
        await VerifyAsync(file, cancellationToken).ConfigureAwait(false);
        try
        {
            FileStream blob = File.OpenRead(file);
            await using (blob.ConfigureAwait(false))
            {
                Stream archive = mediaType.EndsWith("gzip", StringComparison.Ordinal) ? new GZipStream(blob, CompressionMode.Decompress)
                    : mediaType.EndsWith("tar", StringComparison.Ordinal) ? blob
                    : throw OciImage.Invalid(layout, $"a layer is of the kind '{mediaType}', which is not understood (tar and tar+gzip are)");
                await using (archive.ConfigureAwait(false))
                {
                    var reader = new TarReader(archive);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
                        {
                            await AddAsync(entry, cancellationToken).ConfigureAwait(false);
                        }
                    }
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw OciImage.Invalid(layout, $"a layer is broken ({e.Message.TrimEnd('.')})", e);
        }
    }

    private async Task AddAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        if (++files > MostFiles || (bytes += Math.Max(entry.Length, 0)) > MostBytes)
        {
            throw OciImage.Invalid(layout, $"it has more than {MostFiles} files or {MostBytes >> 30} GB");
        }

        string path = Normal(entry.Name);
        string name = Path.GetFileName(path);
        if (path.Length == 0)
        {
            return;
        }

        if (name == Opaque)
        {
            root.RemoveBelow(Path.GetDirectoryName(path)!);
        }
        else if (name.StartsWith(Whiteout, StringComparison.Ordinal))
        {
            root.Remove(Path.Combine(Path.GetDirectoryName(path)!, name[Whiteout.Length..]));
        }
        else
        {
            path = root.ThroughLinks(path);
            if (await ToEntryAsync(entry, cancellationToken).ConfigureAwait(false) is { } made)
            {
                if (made.Kind != FileKind.Directory || root.Find(path) is { Kind: not FileKind.Directory })
                {
                    root.Remove(path);
                }

                root.Put(path, made);
            }
        }
    }

    private async Task<RootEntry?> ToEntryAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        int permissions = (int)entry.Mode & 0xFFF;
        (uint owner, uint group) = ((uint)entry.Uid, (uint)entry.Gid);
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                return new RootEntry(FileKind.Directory, permissions, owner, group);
            case TarEntryType.SymbolicLink:
                return RootEntry.Link(entry.LinkName) with { Owner = owner, Group = group };
            case TarEntryType.HardLink:
                return root.Find(root.ThroughLinks(Normal(entry.LinkName))) ?? throw OciImage.Invalid(layout, $"{entry.Name} is a link to {entry.LinkName}, which is not there");
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                string file = Path.Combine(work, $"oci-{files}");
                FileStream target = File.Create(file);
                await using (target.ConfigureAwait(false))
                {
                    if (entry.DataStream is { } data)
                    {
                        await data.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
                    }
                }

                return new RootEntry(FileKind.File, permissions, owner, group, Source: file);
            default:
                return null; // devices and pipes: devtmpfs has the ones that there are
        }
    }

    private string Normal(string path)
    {
        string[] names = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(n => n != ".")];
        return names.Contains("..") || path.Contains('\0', StringComparison.Ordinal)
            ? throw OciImage.Invalid(layout, $"a layer names the path '{path}'")
            : string.Join('/', names);
    }

    private async Task VerifyAsync(string file, CancellationToken cancellationToken)
    {
        FileStream stream = File.OpenRead(file);
        await using (stream.ConfigureAwait(false))
        {
            string digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
            if (digest != Path.GetFileName(file))
            {
                throw OciImage.Invalid(layout, $"blob {Path.GetFileName(file)} has the digest {digest}");
            }
        }
    }
}
