namespace LightVM.Shell;

/// <summary>Finds the LightVM module that belongs to this executable.</summary>
public static class ModuleLocator
{
    private const string Manifest = "LightVM.psd1";

    /// <summary>
    /// $LIGHTVM_MODULE, else the checkout or package around the executable, else the places where modules are installed.
    /// </summary>
    /// <returns>The full path of LightVM.psd1.</returns>
    /// <exception cref="ShellException">It is nowhere.</exception>
    public static string Find()
    {
        var told = Environment.GetEnvironmentVariable("LIGHTVM_MODULE");
        if (!string.IsNullOrEmpty(told))
        {
            var path = Path.GetFullPath(Directory.Exists(told) ? Path.Combine(told, Manifest) : told);
            return File.Exists(path)
                ? path
                : throw new ShellException(
                    $"LIGHTVM_MODULE names '{path}', which does not exist.",
                    $"Set LIGHTVM_MODULE to the path of {Manifest}, or unset it.");
        }

        return Upward(AppContext.BaseDirectory) ?? Installed() ?? throw new ShellException(
            $"The LightVM module ({Manifest}) was not found above '{AppContext.BaseDirectory}', "
            + "nor among the installed modules.",
            $"Set LIGHTVM_MODULE to the path of {Manifest}, or use -NoModule to run without it.");
    }

    /// <summary>The manifest in <paramref name="directory"/> or the nearest directory above that has one.</summary>
    public static string? Upward(string directory)
    {
        for (var at = new DirectoryInfo(directory); at is not null; at = at.Parent)
        {
            var path = Path.Combine(at.FullName, Manifest);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private static string? Installed()
    {
        var roots = new List<string>
        {
            Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "powershell", "Modules"),
            "/usr/local/share/powershell/Modules",
            "/usr/share/powershell/Modules",
        };
        roots.InsertRange(0, (Environment.GetEnvironmentVariable("PSModulePath") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));

        return roots
            .Select(root => Path.Combine(root, "LightVM"))
            .Where(Directory.Exists)
            .SelectMany(Candidates)
            .FirstOrDefault(File.Exists);
    }

    /// <summary>A module lies in its folder, or in one folder per version: then the newest.</summary>
    private static IEnumerable<string> Candidates(string module) =>
        Directory.EnumerateDirectories(module)
            .Select(directory => (directory, version: Version.TryParse(Path.GetFileName(directory), out var v) ? v : null))
            .Where(entry => entry.version is not null)
            .OrderByDescending(entry => entry.version)
            .Select(entry => Path.Combine(entry.directory, Manifest))
            .Prepend(Path.Combine(module, Manifest));
}
