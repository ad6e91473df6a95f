using System.Globalization;

namespace LightVM.PowerShell;

/// <summary>Sizes as people write them; KB and KiB alike are powers of 1024, as in PowerShell.</summary>
internal static class MemorySize
{
    private static readonly (string Suffix, int Shift)[] Units =
    [
        ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40), ("B", 0),
    ];

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        string number = text.Trim();
        int shift = 0;
        foreach ((string suffix, int unitShift) in Units)
        {
            if (number.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                number = number[..^suffix.Length].TrimEnd();
                shift = unitShift;
                break;
            }
        }

        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
            || value > long.MaxValue / (decimal)(1L << shift))
        {
            return false;
        }

        decimal exact = value * (1L << shift);
        bytes = (long)exact;
        return bytes == exact;
    }
}
