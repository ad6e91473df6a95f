namespace LightVM.Toolstack;

/// <summary>Names as people sort them: web-2 before web-10.</summary>
internal sealed class NaturalOrder : IComparer<string>
{
    public static NaturalOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x;
        ReadOnlySpan<char> b = y;
        while (!a.IsEmpty && !b.IsEmpty)
        {
            int difference;
            if (char.IsAsciiDigit(a[0]) && char.IsAsciiDigit(b[0]))
            {
                ReadOnlySpan<char> first = TakeNumber(ref a);
                ReadOnlySpan<char> second = TakeNumber(ref b);
                difference = first.Length != second.Length ? first.Length - second.Length : first.SequenceCompareTo(second);
            }
            else
            {
                difference = a[0] - b[0];
                a = a[1..];
                b = b[1..];
            }

            if (difference != 0)
            {
                return difference;
            }
        }

        return a.Length != b.Length ? a.Length - b.Length : string.CompareOrdinal(x, y);
    }

    /// <summary>Its digits without leading zeros.</summary>
    private static ReadOnlySpan<char> TakeNumber(ref ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAnyExceptInRange('0', '9');
        ReadOnlySpan<char> digits = end < 0 ? text : text[..end];
        text = text[digits.Length..];
        return digits.TrimStart('0');
    }
}
