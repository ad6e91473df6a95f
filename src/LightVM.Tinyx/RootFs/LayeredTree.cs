namespace LightVM.Tinyx;

/// <summary>
/// The files of an overlay, read without mounting it: what lies in the upper layer, else in the lower one. Paths are relative
/// to its root, without a leading slash; the root is the empty path.
/// </summary>
internal sealed class LayeredTree(string upper, string lower)
{
    private const int MostLinks = 40;
    private const string OpaqueAttribute = "trusted.overlay.opaque";

    public string Upper => upper;

    /// <summary>Where a file really lies, and what it is; null: there is none. Links are not followed, those of directories above neither.</summary>
    public (string File, FileStatus Status)? Find(string path)
    {
        string above = Path.Combine(upper, path);
        if (FileStatus.Of(above) is { } status)
        {
            return status.IsWhiteout ? null : (above, status);
        }

        for (string? directory = Path.GetDirectoryName(path); !string.IsNullOrEmpty(directory); directory = Path.GetDirectoryName(directory))
        {
            string covering = Path.Combine(upper, directory);
            if (FileStatus.Of(covering) is { } over && (over.Kind != FileKind.Directory || FileStatus.HasFlag(covering, OpaqueAttribute)))
            {
                return null;
            }
        }

        string below = Path.Combine(lower, path);
        return FileStatus.Of(below) is { } found ? (below, found) : null;
    }

    /// <summary>
    /// The path with every link in it followed, as it is inside the tree; null: it leads nowhere. Each link on the way is named.
    /// </summary>
    public string? Resolve(string path, ICollection<string>? links = null)
    {
        var left = new Stack<string>(Names(path).Reverse());
        string at = "";
        int followed = 0;
        while (left.TryPop(out string? name))
        {
            if (name == "..")
            {
                at = Path.GetDirectoryName(at) ?? "";
                continue;
            }

            string next = at.Length == 0 ? name : at + "/" + name;
            if (Find(next) is not { } found)
            {
                return null;
            }

            if (found.Status.Kind != FileKind.Link)
            {
                at = next;
                continue;
            }

            if (++followed > MostLinks)
            {
                return null;
            }

            links?.Add(next);
            string target = new FileInfo(found.File).LinkTarget ?? "";
            at = target.StartsWith('/') ? "" : at;
            foreach (string part in Names(target).Reverse())
            {
                left.Push(part);
            }
        }

        return at;
    }

    /// <summary>The text of a file, or the empty one.</summary>
    public string ReadText(string path) =>
        Resolve(path) is { } real && Find(real) is { Status.Kind: FileKind.File } found ? File.ReadAllText(found.File) : "";

    /// <summary>All that lies in the upper layer, whiteouts left out: what was installed or changed. Sorted.</summary>
    public IEnumerable<string> Installed() => Below(upper, "").Order(StringComparer.Ordinal);

    /// <summary>All that lies below a directory in either layer, itself included.</summary>
    public IEnumerable<string> Below(string path)
    {
        if (Find(path) is not { } found)
        {
            yield break;
        }

        yield return path;
        if (found.Status.Kind != FileKind.Directory)
        {
            yield break;
        }

        IEnumerable<string> names = new[] { Path.Combine(upper, path), Path.Combine(lower, path) }
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateFileSystemEntries)
            .Select(entry => Path.GetFileName(entry))
            .Distinct()
            .Order(StringComparer.Ordinal);
        foreach (string inner in names.SelectMany(name => Below(path + "/" + name)))
        {
            yield return inner;
        }
    }

    private static IEnumerable<string> Below(string root, string path)
    {
        foreach (string entry in Directory.EnumerateFileSystemEntries(Path.Combine(root, path)))
        {
            string inner = path.Length == 0 ? Path.GetFileName(entry) : path + "/" + Path.GetFileName(entry);
            FileStatus status = FileStatus.Of(entry) ?? throw new IOException($"{entry} has vanished");
            if (status.IsWhiteout)
            {
                continue;
            }

            yield return inner;
            if (status.Kind == FileKind.Directory)
            {
                foreach (string deeper in Below(root, inner))
                {
                    yield return deeper;
                }
            }
        }
    }

    private static IEnumerable<string> Names(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(name => name != ".");
}
