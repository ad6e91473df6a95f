using System.Reflection;

namespace LightVM.Tinyx;

/// <summary>The files of Data/, which are part of the assembly.</summary>
internal static class DataFiles
{
    private static readonly Assembly Assembly = typeof(DataFiles).Assembly;

    /// <summary>The whole text of one, for example <c>kernel/base.config</c>.</summary>
    public static string Read(string name)
    {
        using Stream stream = Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"there is no data file {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Its lines without comments (# to the end of a line that begins with it) and empty ones.</summary>
    public static IReadOnlyList<string> ReadLines(string name) => Lines(Read(name));

    /// <summary>The names of those in a folder, sorted.</summary>
    public static IReadOnlyList<string> List(string folder) =>
        [.. Assembly.GetManifestResourceNames().Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    internal static IReadOnlyList<string> Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#')];
}
