using System.Globalization;

namespace LightVM.BenchReport;

/// <summary>Figures and tables as text.</summary>
internal static class Text
{
    /// <summary>Three digits that count, more only before the point: 0.0123, 1.23, 12.3, 123, 1,234.</summary>
    public static string Number(double value)
    {
        double size = Math.Abs(value);
        int digits = size == 0 ? 0 : Math.Clamp(2 - (int)Math.Floor(Math.Log10(size)), 0, 6);
        string text = value.ToString($"N{digits}", CultureInfo.InvariantCulture);
        return text.Contains('.') ? text.TrimEnd('0').TrimEnd('.') : text;
    }

    /// <summary>A Markdown table whose columns line up as plain text too. Numbers go to the right.</summary>
    /// <param name="rows">Each as long as <paramref name="head"/>.</param>
    public static string Table(IReadOnlyList<string> head, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        bool[] numbers = [.. head.Select((_, i) => rows.Count > 0 && rows.All(row => IsNumber(row[i])))];
        int[] widths = [.. head.Select((title, i) => Math.Max(3, rows.Select(row => row[i].Length).Append(title.Length).Max()))];
        IEnumerable<string> lines =
        [
            Line(head, widths, numbers),
            "| " + string.Join(" | ", widths.Select((width, i) => numbers[i] ? new string('-', width - 1) + ":" : new string('-', width))) + " |",
            .. rows.Select(row => Line(row, widths, numbers)),
        ];
        return string.Join('\n', lines);
    }

    private static bool IsNumber(string text) =>
        text.Length == 0 || double.TryParse(text, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _);

    private static string Line(IReadOnlyList<string> cells, int[] widths, bool[] numbers) =>
        "| " + string.Join(" | ", cells.Select((cell, i) => numbers[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))) + " |";
}
