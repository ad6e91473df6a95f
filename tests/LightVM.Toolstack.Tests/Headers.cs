using System.Globalization;
using System.Text.RegularExpressions;

namespace LightVM.Toolstack.Tests;

/// <summary>What the C headers assert and define.</summary>
internal static partial class Headers
{
    public static int SizeOf(string header, string structure)
    {
        Match match = SizePattern().Matches(Read(header)).Single(m => m.Groups[1].Value == structure);
        return match.Groups[2].Value.Split('+').Select(term => term.Split('*').Select(factor => Value(header, factor)).Aggregate((a, b) => a * b)).Sum();
    }

    public static int Constant(string header, string name) =>
        int.Parse(Regex.Match(Read(header), $@"#define {name}\s+(\d+)").Groups[1].Value, CultureInfo.InvariantCulture);

    public static int EnumValue(string header, string name) =>
        int.Parse(Regex.Match(Read(header), $@"\b{name} = (\d+)").Groups[1].Value, CultureInfo.InvariantCulture);

    private static int Value(string header, string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : Constant(header, text.Trim());

    private static string Read(string header) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "headers", header));

    [GeneratedRegex(@"_Static_assert\(sizeof\(struct (\w+)\) == ([^,]+),")]
    private static partial Regex SizePattern();
}
