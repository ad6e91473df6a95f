using System.Security.Cryptography;

namespace LightVM.Toolstack;

/// <summary>
/// The bytes of files that guests are given, each once, by their digest: records stay small, and a thousand guests with the same
/// files hold them once. What no guest has any more goes. May be used from any thread.
/// </summary>
internal sealed class GuestFileStore
{
    private const string Prefix = "sha256:";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _directory;
    private readonly Lock _sync = new();
    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);

    public GuestFileStore(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory, OwnerOnly);
    }

    public static GuestFileRecord RecordOf(GuestFile file) => new()
    {
        Path = file.Path,
        Digest = Prefix + Convert.ToHexStringLower(SHA256.HashData(file.Content)),
        Size = file.Content.Length,
        Mode = file.Mode,
    };

    /// <summary>Takes files, synced to disk; the caller holds them from then on.</summary>
    /// <exception cref="IOException">The disk does not take them.</exception>
    public IReadOnlyList<GuestFileRecord> Put(IReadOnlyList<GuestFile> files)
    {
        if (files.Count == 0)
        {
            return [];
        }

        lock (_sync)
        {
            GuestFileRecord[] records = [.. files.Select(RecordOf)];
            for (int i = 0; i < records.Length; i++)
            {
                string path = PathOf(records[i].Digest);
                if (!File.Exists(path))
                {
                    Write(path, files[i].Content);
                }
            }

            Count(records);
            return records;
        }
    }

    /// <summary>Holds the files of a record that was found at the daemon's start.</summary>
    public void Hold(IReadOnlyList<GuestFileRecord> records)
    {
        lock (_sync)
        {
            Count(records);
        }
    }

    /// <summary>Lets files go; those that nobody else holds are deleted.</summary>
    public void Release(IReadOnlyList<GuestFileRecord> records)
    {
        if (records.Count == 0)
        {
            return;
        }

        lock (_sync)
        {
            foreach (GuestFileRecord record in records)
            {
                if (_held.TryGetValue(record.Digest, out int count) && count > 1)
                {
                    _held[record.Digest] = count - 1;
                }
                else
                {
                    _held.Remove(record.Digest);
                    File.Delete(PathOf(record.Digest));
                }
            }
        }
    }

    /// <summary>Deletes what nobody holds: what a crash has left.</summary>
    public void CollectGarbage()
    {
        lock (_sync)
        {
            foreach (string path in Directory.EnumerateFiles(_directory))
            {
                if (!_held.ContainsKey(Prefix + Path.GetFileName(path)))
                {
                    File.Delete(path);
                }
            }
        }
    }

    /// <exception cref="IOException">It is not there.</exception>
    public byte[] Read(GuestFileRecord record) => File.ReadAllBytes(PathOf(record.Digest));

    private static void Write(string path, byte[] content)
    {
        string part = path + ".part";
        using (var file = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None, 0))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(part, path, overwrite: true);
    }

    private void Count(IReadOnlyList<GuestFileRecord> records)
    {
        foreach (GuestFileRecord record in records)
        {
            _held[record.Digest] = _held.GetValueOrDefault(record.Digest) + 1;
        }
    }

    private string PathOf(string digest) => Path.Combine(_directory, digest[Prefix.Length..]);
}
