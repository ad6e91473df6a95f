using System.Globalization;

namespace LightVM.PesterRunner;

/// <summary>The command line.</summary>
internal sealed record RunnerOptions
{
    public const string Usage =
        "Usage: LightVM.PesterRunner [--tag TAG] [--exclude-tag TAG] [--full-name WILDCARD] [--timeout SECONDS] "
        + "[--output JUNIT.xml] PATH...   (files, or directories with *.Tests.ps1; options may be repeated)";

    private static readonly TimeSpan s_leastSetupLimit = TimeSpan.FromMinutes(15);

    /// <summary>Full paths, in the order of the command line, each directory's sorted by name.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<string> ExcludeTags { get; init; } = [];

    public IReadOnlyList<string> FullNames { get; init; } = [];

    /// <summary>How long one It, BeforeEach or AfterEach may run.</summary>
    public TimeSpan TestLimit { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>How long one BeforeAll or AfterAll may run; they boot labs.</summary>
    public TimeSpan SetupLimit => TestLimit > s_leastSetupLimit ? TestLimit : s_leastSetupLimit;

    public string? Output { get; init; }

    /// <exception cref="ArgumentException">An option is unknown, lacks its value, or a path does not exist.</exception>
    public static RunnerOptions Parse(IReadOnlyList<string> args)
    {
        List<string> files = [], tags = [], excludeTags = [], fullNames = [];
        string? output = null;
        var limit = TimeSpan.FromSeconds(300);
        for (var i = 0; i < args.Count; i++)
        {
            string Value() => ++i < args.Count ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value");
            switch (args[i])
            {
                case "--tag":
                    tags.Add(Value());
                    break;
                case "--exclude-tag":
                    excludeTags.Add(Value());
                    break;
                case "--full-name":
                    fullNames.Add(Value());
                    break;
                case "--output":
                    output = Path.GetFullPath(Value());
                    break;
                case "--timeout":
                    limit = double.TryParse(Value(), CultureInfo.InvariantCulture, out var seconds) && seconds > 0
                        ? TimeSpan.FromSeconds(seconds)
                        : throw new ArgumentException("--timeout needs a number of seconds above 0");
                    break;
                case var option when option.StartsWith('-'):
                    throw new ArgumentException($"unknown option '{option}'");
                default:
                    files.AddRange(Find(args[i]));
                    break;
            }
        }

        return new RunnerOptions
        {
            Files = files.Count > 0 ? files : throw new ArgumentException("no test file named or found"),
            Tags = tags,
            ExcludeTags = excludeTags,
            FullNames = fullNames,
            TestLimit = limit,
            Output = output,
        };
    }

    private static IEnumerable<string> Find(string path)
    {
        var full = Path.GetFullPath(path);
        if (File.Exists(full))
        {
            return [full];
        }

        return Directory.Exists(full)
            ? Directory.EnumerateFiles(full, "*.Tests.ps1", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            : throw new ArgumentException($"'{path}' does not exist");
    }
}
