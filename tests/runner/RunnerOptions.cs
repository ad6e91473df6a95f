using System.Globalization;

namespace LightVM.PesterRunner;

/// <summary>The command line.</summary>
internal sealed record RunnerOptions
{
    public const string Usage =
        "Usage: LightVM.PesterRunner [--tag TAG] [--exclude-tag TAG] [--full-name WILDCARD] [--timeout SECONDS] "
        + "[--within SECONDS] [--output JUNIT.xml] PATH...   (files, or directories with *.Tests.ps1; options may be repeated)";

    private static readonly TimeSpan s_leastSetupLimit = TimeSpan.FromMinutes(15);

    /// <summary>Full paths, in the order of the command line, each directory's sorted by name.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<string> ExcludeTags { get; init; } = [];

    public IReadOnlyList<string> FullNames { get; init; } = [];

    /// <summary>How long one It, BeforeEach or AfterEach may run.</summary>
    public TimeSpan TestLimit { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>How long one BeforeAll or AfterAll may run; they boot labs.</summary>
    public TimeSpan SetupLimit { get; init; } = s_leastSetupLimit;

    /// <summary>How long the whole run may take: what would begin later counts as failed, so that there is a count at all.</summary>
    public TimeSpan RunLimit { get; init; } = TimeSpan.MaxValue;

    /// <summary>The same for a file that may take no longer than what is left of the run.</summary>
    public RunnerOptions Within(TimeSpan left) => this with
    {
        TestLimit = TestLimit < left ? TestLimit : left,
        SetupLimit = SetupLimit < left ? SetupLimit : left,
    };

    public string? Output { get; init; }

    /// <exception cref="ArgumentException">An option is unknown, lacks its value, or a path does not exist.</exception>
    public static RunnerOptions Parse(IReadOnlyList<string> args)
    {
        List<string> files = [], tags = [], excludeTags = [], fullNames = [];
        string? output = null;
        var limit = TimeSpan.FromSeconds(300);
        var within = TimeSpan.MaxValue;
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
                    limit = Seconds("--timeout", Value());
                    break;
                case "--within":
                    within = Seconds("--within", Value());
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
            SetupLimit = limit > s_leastSetupLimit ? limit : s_leastSetupLimit,
            RunLimit = within,
            Output = output,
        };
    }

    private static TimeSpan Seconds(string option, string value) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(seconds)
            : throw new ArgumentException($"{option} needs a number of seconds above 0");

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
