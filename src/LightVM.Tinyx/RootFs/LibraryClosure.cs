namespace LightVM.Tinyx;

/// <summary>Which libraries programs need, found as ld.so would find them in a tree.</summary>
internal sealed class LibraryClosure(LayeredTree tree)
{
    private static readonly string[] DefaultDirectories = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64", "lib", "usr/lib"];

    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private readonly SortedSet<string> found = new(StringComparer.Ordinal);
    private readonly List<(string Library, string Program)> missing = [];

    /// <summary>Files and links, of the tree, that are needed beside those that were added; sorted.</summary>
    public IReadOnlyCollection<string> Found => found;

    /// <summary>Libraries that are nowhere, with the first file that asks for each.</summary>
    public IReadOnlyList<(string Library, string Program)> Missing => missing;

    /// <summary>Adds what a file needs, if it is an ELF file; other files need nothing.</summary>
    /// <param name="path">In the tree; it decides what $ORIGIN is.</param>
    /// <param name="file">Where its bytes are.</param>
    public void Add(string path, string file)
    {
        var waiting = new Queue<(string Path, string File)>([(path, file)]);
        while (waiting.TryDequeue(out (string Path, string File) next))
        {
            if (!seen.Add(next.File))
            {
                continue;
            }

            using FileStream stream = File.OpenRead(next.File);
            if (ElfFile.Read(stream) is not { Machine: ElfFile.X86_64 } elf)
            {
                continue;
            }

            if (elf.Interpreter is { } interpreter)
            {
                Take([interpreter], interpreter, next.Path, waiting);
            }

            string origin = Path.GetDirectoryName(next.Path) ?? "";
            string[] own = [.. elf.SearchPath.Select(d => d.Replace("${ORIGIN}", origin, StringComparison.Ordinal).Replace("$ORIGIN", origin, StringComparison.Ordinal))];
            foreach (string library in elf.Needed)
            {
                Take(library.Contains('/', StringComparison.Ordinal) ? [library] : [.. own.Concat(DefaultDirectories).Select(d => d + "/" + library)], library, next.Path, waiting);
            }
        }
    }

    private void Take(string[] candidates, string name, string program, Queue<(string Path, string File)> waiting)
    {
        foreach (string candidate in candidates)
        {
            var links = new List<string>();
            if (tree.Resolve(candidate, links) is { } real && tree.Find(real) is { Status.Kind: FileKind.File } file)
            {
                found.UnionWith(links);
                found.Add(real);
                waiting.Enqueue((real, file.File));
                return;
            }
        }

        if (!missing.Exists(m => m.Library == name))
        {
            missing.Add((name, program));
        }
    }
}
