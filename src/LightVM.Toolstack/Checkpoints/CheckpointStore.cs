using System.Collections.Concurrent;
using System.Security.Cryptography;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// The checkpoints of this host: files that are whole, or absent. Each is written beside, synced, and renamed; its name says which it is,
/// so that one may be replaced by another of its name and neither is ever half there. May be used from any thread.
/// </summary>
internal sealed class CheckpointStore
{
    private const string PartSuffix = ".part";
    private const string AutomaticMark = ".auto";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _directory;
    private readonly Action<LogSeverity, string> _log;
    private readonly ConcurrentDictionary<string, StoredCheckpoint> _byName = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _reserved = new(StringComparer.Ordinal);

    public CheckpointStore(string directory, Action<LogSeverity, string> log)
    {
        _directory = Directory.CreateDirectory(directory, OwnerOnly).FullName;
        _log = log;
    }

    /// <summary>Called when one has come or gone.</summary>
    public Action Changed { get; set; } = static () => { };

    public IEnumerable<StoredCheckpoint> All => _byName.Select(pair => pair.Value);

    public StoredCheckpoint? Find(string? name) => name is null ? null : _byName.GetValueOrDefault(name);

    /// <summary>The one of a stem, and no later one of its name.</summary>
    public StoredCheckpoint? FindStem(string? stem) => Find(StoredCheckpoint.NameOf(stem)) is { } found && found.Stem == stem ? found : null;

    public string PathOf(string stem) => Path.Combine(_directory, stem + CheckpointFormat.Extension);

    public string DiskPathOf(string stem, int disk) => Path.Combine(_directory, $"{stem}.disk{disk}");

    public string PartPathOf(string stem) => PathOf(stem) + PartSuffix;

    /// <summary>
    /// Once, at the daemon's start: takes away what was not finished and what no answer confirmed, and enters the rest. A file that is
    /// none is left where it is, and logged: it may be all that is left of somebody's guest.
    /// </summary>
    /// <param name="unconfirmed">Stems of saves that were cut off.</param>
    /// <param name="held">Stems that guests are saved in.</param>
    public void Load(IReadOnlySet<string> unconfirmed, IReadOnlySet<string> held)
    {
        foreach (string part in Directory.EnumerateFiles(_directory, "*" + PartSuffix))
        {
            File.Delete(part);
        }

        foreach (string path in Directory.EnumerateFiles(_directory, "*" + CheckpointFormat.Extension))
        {
            string stem = Path.GetFileNameWithoutExtension(path);
            if (unconfirmed.Contains(stem))
            {
                DeleteFiles(stem);
                continue;
            }

            try
            {
                Enter(Read(stem), held);
            }
            catch (Exception e) when (e is LightVMException or IOException or UnauthorizedAccessException)
            {
                _log(LogSeverity.Error, $"'{path}' is left alone: {e.Message}");
            }
        }

        foreach (string path in Directory.EnumerateFiles(_directory, "*.disk*"))
        {
            string name = Path.GetFileName(path);
            string stem = name[..name.LastIndexOf(".disk", StringComparison.Ordinal)];
            if (!File.Exists(PathOf(stem)))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Takes a name for a checkpoint that is going to be made: nobody else gets it meanwhile.</summary>
    /// <param name="replace">Whether one of that name may be there.</param>
    /// <returns>The stem of its file.</returns>
    /// <exception cref="LightVMException">CheckpointExists.</exception>
    public string Reserve(string name, bool automatic, bool replace)
    {
        if (!_reserved.TryAdd(name, 0))
        {
            throw CheckpointProblems.Exists(name);
        }

        if (!replace && _byName.ContainsKey(name))
        {
            Release(name);
            throw CheckpointProblems.Exists(name);
        }

        return $"{name}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}{(automatic ? AutomaticMark : "")}";
    }

    /// <summary>Gives a reserved name free again. Twice is no error.</summary>
    public void Release(string name) => _reserved.TryRemove(name, out _);

    /// <summary>Whether a name could be taken now.</summary>
    public bool IsFree(string name) => !_byName.ContainsKey(name) && !_reserved.ContainsKey(name);

    /// <summary>Makes a file that is written, and synced, the checkpoint of its name.</summary>
    /// <param name="replaced">The stem of what had that name before, or null: to be deleted once the new one is confirmed.</param>
    public StoredCheckpoint Commit(string stem, CheckpointHeader header, out string? replaced)
    {
        File.Move(PartPathOf(stem), PathOf(stem));
        DirectorySync.Run(_directory);
        StoredCheckpoint stored = Of(stem, header);
        replaced = Find(stored.Name)?.Stem;
        _byName[stored.Name] = stored;
        Changed();
        return stored;
    }

    /// <summary>Deletes what <see cref="Commit"/> has replaced.</summary>
    public void DropReplaced(string? stem)
    {
        if (stem is not null)
        {
            DeleteFiles(stem);
        }
    }

    /// <summary>Deletes one, entered or not: its files, its copies of disks, what is written of it.</summary>
    public void Delete(string stem)
    {
        if (FindStem(stem) is { } stored)
        {
            _byName.TryRemove(new KeyValuePair<string, StoredCheckpoint>(stored.Name, stored));
            Changed();
        }

        DeleteFiles(stem);
    }

    /// <summary>A guest needs it no more: it goes, if nobody had named it.</summary>
    public void LetGo(string? stem)
    {
        if (stem is not null && IsAutomatic(stem))
        {
            Delete(stem);
        }
    }

    /// <exception cref="LightVMException">CheckpointInvalid: it has gone.</exception>
    public SafeFileHandle Open(StoredCheckpoint stored)
    {
        try
        {
            return File.OpenHandle(PathOf(stored.Stem), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (IOException e)
        {
            throw CheckpointFormat.Invalid(stored.Name, $"its file cannot be opened: {e.Message}", e);
        }
    }

    private static bool IsAutomatic(string stem) => stem.EndsWith(AutomaticMark, StringComparison.Ordinal);

    private void Enter(StoredCheckpoint stored, IReadOnlySet<string> held)
    {
        StoredCheckpoint? replaced = null;
        _byName.AddOrUpdate(stored.Name, stored, (_, before) =>
        {
            bool newer = stored.Header.CreationTime >= before.Header.CreationTime || held.Contains(stored.Stem);
            replaced = newer ? before : stored;
            return newer ? stored : before;
        });
        if (replaced is not null && !held.Contains(replaced.Stem))
        {
            DeleteFiles(replaced.Stem);
        }
    }

    private StoredCheckpoint Read(string stem)
    {
        using SafeFileHandle file = File.OpenHandle(PathOf(stem));
        CheckpointHeader header = CheckpointFile.ReadHeader(file, stem);
        return CheckpointRules.IsName(StoredCheckpoint.NameOf(stem)) ? Of(stem, header) : throw CheckpointFormat.Invalid(stem, "its name is none");
    }

    private StoredCheckpoint Of(string stem, CheckpointHeader header)
    {
        // Copies of disks do not travel with the file.
        header = header with { Disks = [.. header.Disks.Select(disk => disk with { Copied = disk.Copied && File.Exists(DiskPathOf(stem, disk.Id)) })] };
        return new StoredCheckpoint
        {
            Name = StoredCheckpoint.NameOf(stem)!,
            Stem = stem,
            Header = header,
            Size = SizeOf(stem, header),
            Automatic = IsAutomatic(stem),
        };
    }

    private long SizeOf(string stem, CheckpointHeader header) => new FileInfo(PathOf(stem)).Length +
        header.Disks.Where(disk => disk.Copied).Sum(disk => LookBlocks(DiskPathOf(stem, disk.Id)));

    private static long LookBlocks(string path)
    {
        try
        {
            return DiskFile.Look(path).Blocks * DiskFile.SectorSize;
        }
        catch (XenException)
        {
            return 0; // a copy that is gone, which is said where it is needed
        }
    }

    private void DeleteFiles(string stem)
    {
        File.Delete(PartPathOf(stem));
        File.Delete(PathOf(stem));
        foreach (string copy in Directory.EnumerateFiles(_directory, stem + ".disk*"))
        {
            File.Delete(copy);
        }
    }
}
