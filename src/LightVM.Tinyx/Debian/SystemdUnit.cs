namespace LightVM.Tinyx;

/// <summary>What a package's own service says of how it is to be run: the user above all.</summary>
internal sealed record SystemdUnit(string Program, string? User, string? Group, IReadOnlyList<(string Path, int Permissions)> Directories)
{
    private static readonly (string Key, string Root)[] Managed =
    [
        ("RuntimeDirectory", "run"), ("StateDirectory", "var/lib"), ("CacheDirectory", "var/cache"), ("LogsDirectory", "var/log"),
    ];

    /// <summary>Null: it starts no program.</summary>
    public static SystemdUnit? Parse(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.TrimEntries))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line[0] is not ('#' or ';'))
            {
                values[line[..equals].TrimEnd()] = line[(equals + 1)..].TrimStart();
            }
        }

        // In front of the program: what to do when it fails, and with whose rights it runs.
        string program = values.GetValueOrDefault("ExecStart", "").TrimStart('-', '@', '+', '!', ':').Split(' ')[0];
        if (program.Length == 0)
        {
            return null;
        }

        var directories = new List<(string, int)>();
        foreach ((string key, string root) in Managed)
        {
            int permissions = Octal(values.GetValueOrDefault(key + "Mode")) ?? 0b111_101_101;
            directories.AddRange(values.GetValueOrDefault(key, "")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Where(name => !name.Contains('%', StringComparison.Ordinal) && !name.Split('/').Contains(".."))
                .Select(name => ($"{root}/{name}", permissions)));
        }

        return new SystemdUnit(program, values.GetValueOrDefault("User"), values.GetValueOrDefault("Group"), directories);
    }

    private static int? Octal(string? text) =>
        !string.IsNullOrEmpty(text) && text.All(c => c is >= '0' and <= '7') && text.Length <= 4 ? Convert.ToInt32(text, 8) : null;
}
