namespace LightVM.Toolstack;

/// <summary>PowerShell's wildcards: <c>*</c>, <c>?</c>, <c>[a-z0]</c>. Letters' case does not count.</summary>
internal static class Glob
{
    public static bool IsMatch(string pattern, string text)
    {
        // Where a '*' was met last: back to there, one character further, when what follows does not match. Linear for each star.
        int p = 0;
        int t = 0;
        int star = -1;
        int starText = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = ++p;
                starText = t;
            }
            else if (p < pattern.Length && MatchOne(pattern, p, text[t], out int next))
            {
                p = next;
                t++;
            }
            else if (star >= 0)
            {
                p = star;
                t = ++starText;
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }

    private static bool MatchOne(string pattern, int p, char c, out int next)
    {
        next = p + 1;
        if (pattern[p] == '?')
        {
            return true;
        }

        int end = pattern[p] == '[' ? pattern.IndexOf(']', p + 1) : -1;
        if (end <= p + 1)
        {
            return Same(pattern[p], c);
        }

        next = end + 1;
        for (int i = p + 1; i < end; i++)
        {
            if (i + 2 < end && pattern[i + 1] == '-')
            {
                if (char.ToLowerInvariant(c) >= char.ToLowerInvariant(pattern[i]) && char.ToLowerInvariant(c) <= char.ToLowerInvariant(pattern[i + 2]))
                {
                    return true;
                }

                i += 2;
            }
            else if (Same(pattern[i], c))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
