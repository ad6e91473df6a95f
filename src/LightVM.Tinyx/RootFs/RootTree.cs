namespace LightVM.Tinyx;

/// <summary>An image's root file system before it is packed: paths without a leading slash, sorted; every directory before what is in it.</summary>
internal sealed class RootTree
{
    private readonly SortedDictionary<string, RootEntry> entries = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, RootEntry>> Entries => entries;

    /// <summary>Bytes of its files.</summary>
    public long Size => entries.Values.Sum(e => e.Kind != FileKind.File ? 0 : e.Content?.Length ?? new FileInfo(e.Source!).Length);

    public bool Contains(string path) => entries.ContainsKey(path);

    public RootEntry? Find(string path) => entries.GetValueOrDefault(path);

    /// <summary>Puts a file there, in place of one that is there; directories above it that are missing are root's.</summary>
    public void Put(string path, RootEntry entry)
    {
        Put(path, entry, static _ => null);
    }

    /// <param name="path">Without a leading slash.</param>
    /// <param name="entry">What lies there.</param>
    /// <param name="parents">What a missing directory above it is like; null: root's, readable by all.</param>
    public void Put(string path, RootEntry entry, Func<string, RootEntry?> parents)
    {
        foreach (string directory in Parents(path).Where(d => !entries.ContainsKey(d)))
        {
            entries[directory] = parents(directory) ?? RootEntry.Directory();
        }

        entries[path] = entry;
    }

    /// <summary>Takes something away, with all that is below it.</summary>
    public void Remove(string path)
    {
        RemoveBelow(path);
        entries.Remove(path);
    }

    /// <summary>Empties a directory.</summary>
    public void RemoveBelow(string path)
    {
        foreach (string below in entries.Keys.Where(k => k.StartsWith(path + "/", StringComparison.Ordinal)).ToArray())
        {
            entries.Remove(below);
        }
    }

    /// <summary>The path with links among its directories followed; its last name is left as it is.</summary>
    public string ThroughLinks(string path)
    {
        const int most = 40;
        for (int followed = 0; followed < most; followed++)
        {
            string? link = Parents(path).FirstOrDefault(p => Find(p) is { Kind: FileKind.Link });
            if (link is null)
            {
                break;
            }

            string target = System.Text.Encoding.UTF8.GetString(Find(link)!.Content!);
            string from = target.StartsWith('/') ? "/" : "/" + Path.GetDirectoryName(link);
            path = Path.GetFullPath(Path.Combine(from, target) + path[link.Length..]).TrimStart('/');
        }

        return path;
    }

    private static IEnumerable<string> Parents(string path)
    {
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[..slash];
        }
    }
}
