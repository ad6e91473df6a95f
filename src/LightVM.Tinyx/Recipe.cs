using System.Text.RegularExpressions;

namespace LightVM.Tinyx;

/// <summary>What an image is to be made of. Checked by <see cref="Check"/>.</summary>
public sealed partial class Recipe
{
    /// <summary>What <see cref="Features"/> can name.</summary>
    public static IReadOnlyList<string> KnownFeatures => [.. KernelOptions.Fragments.Except(KernelOptions.DefaultFragments)];

    /// <summary>The image's name.</summary>
    public required string Name { get; init; }

    /// <summary>Debian packages that hold the application.</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>Files and directories of this machine, absolute; they come into /app.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>An OCI image layout, absolute: the root file system is that of its image. Packages and paths are then none.</summary>
    public string? OciLayout { get; init; }

    /// <summary>What is run, in the words of a shell; of an OCI image it may be empty: what the image says.</summary>
    public string Command { get; init; } = "";

    /// <summary>Who runs it; null: whom the package's own service names for that program, else root.</summary>
    public string? User { get; init; }

    public string WorkingDirectory { get; init; } = "/";

    /// <summary>The same with what an OCI image says of how it is to be run, where this one says nothing.</summary>
    internal Recipe With(OciImage image)
    {
        var environment = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string[] pair in image.Environment.Select(e => e.Split('=', 2)).Where(p => p.Length == 2 && VariablePattern().IsMatch(p[0])))
        {
            environment[pair[0]] = pair[1];
        }

        foreach ((string name, string value) in Environment)
        {
            environment[name] = value;
        }

        return new Recipe
        {
            Name = Name,
            OciLayout = OciLayout,
            Command = Command.Length > 0 ? Command : string.Join(' ', image.Arguments.Select(GuestConfiguration.Quote)),
            User = User ?? (image.User.Length == 0 ? null : image.User),
            WorkingDirectory = WorkingDirectory == "/" ? image.WorkingDirectory : WorkingDirectory,
            Environment = environment,
            RestartCommand = RestartCommand,
            Ports = Ports.Count > 0 ? Ports : image.Ports,
            Features = Features,
            Drop = Drop,
            MinimumMemory = MinimumMemory,
            Description = Description,
        };
    }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Starts the command again when it ends; otherwise the guest powers off.</summary>
    public bool RestartCommand { get; init; }

    /// <summary>Ports that it listens at: told in image.json.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [];

    /// <summary>Names of kernel fragments beside the default ones.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Patterns of paths that stay though the lists would drop them, or no kept package has them.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>Patterns of paths that are dropped.</summary>
    public IReadOnlyList<string> Drop { get; init; } = [];

    /// <summary>Bytes; null: what is reckoned from the sizes.</summary>
    public long? MinimumMemory { get; init; }

    public string? Description { get; init; }

    /// <exception cref="LightVMException">InvalidArgument: it names what is wrong.</exception>
    public void Check()
    {
        if (!NamePattern().IsMatch(Name))
        {
            throw Wrong($"'{Name}' is no name of an image: lower-case letters, digits and - (at most 63, a letter or digit at both ends).", Name, "Give one: -Name.");
        }

        foreach (string package in Packages.Where(p => !PackagePattern().IsMatch(p)))
        {
            throw Wrong($"'{package}' is no name of a Debian package.", package, "Give names as apt-cache search prints them.");
        }

        if (Packages.Count == 0 && Paths.Count == 0 && OciLayout is null)
        {
            throw Wrong("There is nothing to make an image of.", Name, "Give -Package, -Path or -OciLayout.");
        }

        if (string.IsNullOrWhiteSpace(Command) && OciLayout is null)
        {
            throw Wrong("There is no command to run in the guest.", Name, "Give one that stays in the foreground: -Command.");
        }

        if (User is not null && !UserPattern().IsMatch(User))
        {
            throw Wrong($"'{User}' is no name of a user.", User, "Give the name of a user that the packages make, or that Debian has: -User.");
        }

        foreach (string variable in Environment.Keys.Where(v => !VariablePattern().IsMatch(v)))
        {
            throw Wrong($"'{variable}' is no name of an environment variable.", variable, "Letters, digits and _.");
        }

        foreach (string text in Environment.Values.Append(Command).Append(WorkingDirectory).Where(t => t.Contains('\0', StringComparison.Ordinal)))
        {
            throw Wrong("A text for the guest holds a NUL.", text, "Remove it.");
        }

        if (!WorkingDirectory.StartsWith('/'))
        {
            throw Wrong($"The working directory '{WorkingDirectory}' is not absolute.", WorkingDirectory, "Begin it with /.");
        }
    }

    private static LightVMException Wrong(string detail, string target, string recommendation) => new(ErrorCodes.InvalidArgument, detail, target, recommendation);

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^[a-z0-9][a-z0-9+.-]+\z")]
    private static partial Regex PackagePattern();

    [GeneratedRegex(@"^([a-z_][a-z0-9_-]*|[0-9]{1,9})(:([a-z_][a-z0-9_-]*|[0-9]{1,9}))?\z")]
    private static partial Regex UserPattern();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex VariablePattern();
}
