namespace LightVM.PesterRunner;

/// <summary>
/// <c>$TestDrive</c>: a directory per file. What a block (Describe or Context) made in it goes when the block ends.
/// </summary>
internal sealed class TestDrive : IDisposable
{
    public DirectoryInfo Root { get; } = Directory.CreateTempSubdirectory("lightvm-test-");

    public HashSet<string> Snapshot() =>
        [.. Directory.EnumerateFileSystemEntries(Root.FullName, "*", SearchOption.AllDirectories)];

    /// <summary>Removes what was not there when the snapshot was taken.</summary>
    public void Restore(HashSet<string> snapshot)
    {
        foreach (var entry in Root.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).ToArray())
        {
            if (snapshot.Contains(entry.FullName))
            {
                continue;
            }

            if (entry is DirectoryInfo { LinkTarget: null } directory)
            {
                // Not what it was when it was listed: it may have gone with the directory that it lies in.
                if (Directory.Exists(directory.FullName))
                {
                    directory.Delete(recursive: true);
                }
            }
            else if (File.Exists(entry.FullName) || entry.LinkTarget is not null)
            {
                entry.Delete();
            }
        }
    }

    public void Dispose() => Root.Delete(recursive: true);
}
