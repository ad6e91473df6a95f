using System.Globalization;
using System.Text.RegularExpressions;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>The schemas of <c>probes:</c>, <c>update:</c> and <c>dependsOn:</c> of a guest.</summary>
internal static class ProbeBinder
{
    private const int MaxSeconds = 3600;
    private const int MaxTimeout = 60;
    private const int MaxThreshold = 1000;
    private const int MaxText = 1024;
    private static readonly string[] Kinds = ["tcp", "http", "console"];

    /// <summary>Null: none.</summary>
    public static GuestProbes? BindProbes(ObjectReader guest, IReadOnlyList<AdapterSpec>? adapters, FindingList findings)
    {
        if (guest.Value("probes") is not { } node
            || ObjectReader.Open(node, "probes", guest.PathOf("probes"), SpecKeys.Probes, findings) is not { } reader)
        {
            return null;
        }

        Probe? One(string key) => reader.Value(key) is { } probe ? BindProbe(probe, key, reader.PathOf(key), adapters, findings) : null;
        var probes = new GuestProbes { Start = One("start"), Ready = One("ready"), Live = One("live") };
        return probes.All().Any() ? probes : null;
    }

    public static UpdateSpec? BindUpdate(ObjectReader guest, FindingList findings)
    {
        if (guest.Value("update") is not { } node
            || ObjectReader.Open(node, "an update", guest.PathOf("update"), SpecKeys.Update, findings) is not { } reader)
        {
            return null;
        }

        var usual = new UpdateSpec();
        return new UpdateSpec
        {
            MaxUnavailable = reader.Integer("maxUnavailable", 1, SpecKeys.MaxReplicas) ?? usual.MaxUnavailable,
            MinHealthySeconds = reader.Integer("minHealthySeconds", 0, MaxSeconds) ?? usual.MinHealthySeconds,
            ProgressDeadline = reader.Integer("progressDeadline", 1, MaxSeconds) ?? usual.ProgressDeadline,
            DrainSeconds = reader.Integer("drainSeconds", 0, MaxSeconds) ?? usual.DrainSeconds,
            AutoRevert = reader.Boolean("autoRevert") ?? usual.AutoRevert,
        };
    }

    public static IReadOnlyList<DependencySpec> BindDependsOn(ObjectReader guest, FindingList findings)
    {
        var names = new List<DependencySpec>();
        foreach ((int index, YamlNode node) in (guest.List("dependsOn", "names of guests") ?? []).Index())
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{guest.PathOf("dependsOn")}[{index}]");
            if (node is YamlScalar { Type: ScalarType.String } scalar && SpecName.IsValid(scalar.Text))
            {
                names.Add(new DependencySpec(scalar.Text, node.Mark, path));
            }
            else if (node is not YamlUnusable)
            {
                findings.Add(node.Mark, path, $"{node.Describe()} in place of the name of a guest", "the name of an entry of guests:");
            }
        }

        return names;
    }

    private static Probe? BindProbe(YamlNode node, string name, string path, IReadOnlyList<AdapterSpec>? adapters, FindingList findings)
    {
        if (ObjectReader.Open(node, $"a {name} probe", path, SpecKeys.Probe, findings) is not { } reader)
        {
            return null;
        }

        var usual = new Probe();
        int? tcp = reader.Integer("tcp", 1, 65535);
        int? http = reader.Integer("http", 1, 65535);
        string? console = BindPattern(reader);
        string? page = BindPath(reader);
        int delay = reader.Integer("delaySeconds", 0, MaxSeconds) ?? usual.DelaySeconds;
        int period = reader.Integer("periodSeconds", 1, MaxSeconds) ?? usual.PeriodSeconds;
        int timeout = reader.Integer("timeoutSeconds", 1, MaxTimeout) ?? usual.TimeoutSeconds;
        int failures = reader.Integer("failureThreshold", 1, MaxThreshold) ?? usual.FailureThreshold;
        int successes = reader.Integer("successThreshold", 1, MaxThreshold) ?? usual.SuccessThreshold;
        string[] given = [.. Kinds.Where(reader.Marks.ContainsKey)];
        if (given.Length != 1)
        {
            findings.Add(node.Mark, path, $"the {name} probe {(given.Length == 0 ? "asks nothing" : $"has both {given[0]} and {given[1]}")}", "one of tcp, http and console");
            return null;
        }

        if (page is not null && given[0] != "http")
        {
            reader.Bad("path", $"'path' of a {given[0]} probe", "http: with the number of a port, or no path");
        }

        if (given[0] != "console" && adapters is { Count: 0 })
        {
            reader.Bad(given[0], $"the {name} probe asks a port of a guest that has no adapter", "an adapter on a network, or a probe of its console");
        }

        return (tcp ?? http) is null && console is null
            ? null
            : new Probe
            {
                Tcp = tcp, Http = http, Console = console, Path = page ?? usual.Path, DelaySeconds = delay, PeriodSeconds = period, TimeoutSeconds = timeout,
                FailureThreshold = failures, SuccessThreshold = successes,
            };
    }

    private static string? BindPath(ObjectReader reader)
    {
        const string expected = "a path such as /health, of printable ASCII without blanks";
        string? path = reader.String("path", expected);
        if (path is null || (path.Length is > 0 and <= MaxText && path[0] == '/' && path.All(c => c is > ' ' and <= '~')))
        {
            return path;
        }

        reader.Bad("path", $"'path' is '{YamlScalar.Show(path)}'", expected);
        return null;
    }

    private static string? BindPattern(ObjectReader reader)
    {
        const string expected = "a regular expression without back references and look-arounds";
        string? pattern = reader.String("console", expected);
        if (pattern is null)
        {
            return null;
        }

        try
        {
            if (pattern.Length is > 0 and <= MaxText)
            {
                _ = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
                return pattern;
            }
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            // Said below: the library's words are about its own constructs.
        }

        reader.Bad("console", $"'console' is '{YamlScalar.Show(pattern)}'", expected);
        return null;
    }
}
