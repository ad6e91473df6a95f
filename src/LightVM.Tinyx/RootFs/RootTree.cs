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
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            string directory = path[..slash];
            if (!entries.ContainsKey(directory))
            {
                entries[directory] = parents(directory) ?? RootEntry.Directory();
            }
        }

        entries[path] = entry;
    }
}
