using System.Globalization;
using System.Text.RegularExpressions;

namespace LightVM.Reconcile;

/// <summary>Sizes as PowerShell writes them: KB, MB, GB, TB are powers of 1024, and KiB, MiB, … mean the same; a bare number is bytes.</summary>
public static partial class SpecSize
{
    private static readonly string[] Units = ["", "KB", "MB", "GB", "TB"];

    /// <summary>Reads a size. A fraction is allowed where it makes whole bytes (1.5GB).</summary>
    /// <param name="text">For example <c>4MB</c>.</param>
    /// <param name="bytes">The size.</param>
    /// <param name="problem">What is wrong with the text, or null.</param>
    public static bool TryParse(string text, out long bytes, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytes = 0;
        problem = null;
        Match match = Shape().Match(text);
        if (!match.Success)
        {
            problem = "is not a size";
            return false;
        }

        string unit = match.Groups["unit"].Value.ToUpperInvariant().Replace("IB", "B", StringComparison.Ordinal);
        decimal factor = 1m;
        for (int i = Array.IndexOf(Units, unit == "B" ? "" : unit); i > 0; i--)
        {
            factor *= 1024m;
        }

        // 20 digits before the point are more than any long has, and few enough for a decimal.
        string number = match.Groups["number"].Value;
        decimal value;
        if (number.IndexOf('.', StringComparison.Ordinal) is var point && (point < 0 ? number.Length : point) > 20
            || (value = decimal.Parse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture)) > long.MaxValue / factor)
        {
            problem = "is larger than a size can be (8EB)";
            return false;
        }

        decimal size = value * factor;
        if (size != decimal.Truncate(size))
        {
            problem = "is not a whole number of bytes";
            return false;
        }

        bytes = (long)size;
        return true;
    }

    /// <summary>Writes a size with the largest unit that needs no fraction: <c>4MB</c>, <c>5000</c>.</summary>
    public static string Format(long bytes)
    {
        int unit = 0;
        while (bytes != 0 && bytes % 1024 == 0 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes}{Units[unit]}");
    }

    [GeneratedRegex(@"\A(?<number>[0-9]+(?:\.[0-9]{1,15})?)(?<unit>B|[KMGT]i?B)?\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
