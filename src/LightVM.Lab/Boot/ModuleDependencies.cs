namespace LightVM.Lab.Boot;

/// <summary>In which order modules have to be loaded, from depmod's modules.dep.</summary>
internal sealed class ModuleDependencies
{
    private readonly Dictionary<string, (string Path, string[] Needs)> _modules = [];

    /// <summary>Parses the lines "PATH: PATH PATH…", relative to the directory of modules.dep.</summary>
    public ModuleDependencies(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                var needs = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                _modules[NameOf(line[..colon])] = (line[..colon], needs);
            }
        }
    }

    /// <summary>
    /// The files of these modules and of all that they need, each after what it needs and each once. A name that is
    /// unknown is skipped: the kernel has it built in, or the first use of what is missing says so.
    /// </summary>
    public IReadOnlyList<string> LoadOrder(IEnumerable<string> names)
    {
        var order = new List<string>();
        var visited = new HashSet<string>();
        foreach (var name in names)
        {
            Visit(Normalize(name));
        }

        return order;

        void Visit(string name)
        {
            if (!visited.Add(name) || !_modules.TryGetValue(name, out var module))
            {
                return;
            }

            // modules.dep lists direct needs first, in no load order of their own: each brings its own before it.
            foreach (var need in module.Needs)
            {
                Visit(NameOf(need));
            }

            order.Add(module.Path);
        }
    }

    private static string NameOf(string path)
    {
        var file = Path.GetFileName(path);
        return Normalize(file[..file.IndexOf('.', StringComparison.Ordinal)]);
    }

    private static string Normalize(string name) => name.Replace('-', '_');
}
