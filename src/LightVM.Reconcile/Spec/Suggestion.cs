namespace LightVM.Reconcile;

/// <summary>Guesses what a mistyped word was to be.</summary>
internal static class Suggestion
{
    private const int MaxLength = 64;

    /// <summary><c> (did you mean 'memory'?)</c>, or nothing when no word is near.</summary>
    public static string For(string word, IEnumerable<string> known) =>
        Nearest(word, known) is { } nearest ? $" (did you mean '{nearest}'?)" : "";

    public static string? Nearest(string word, IEnumerable<string> known)
    {
        if (word.Length is 0 or > MaxLength)
        {
            return null;
        }

        string? best = null;
        int bestDistance = Math.Min(3, (word.Length + 2) / 3) + 1;
        foreach (string candidate in known)
        {
            int distance = Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance < bestDistance)
            {
                best = candidate;
                bestDistance = distance;
            }
        }

        return best;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours.</summary>
    private static int Distance(string a, string b)
    {
        int[] older = new int[b.Length + 1];
        int[] old = new int[b.Length + 1];
        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            old[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = old[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(replace, Math.Min(old[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], older[j - 2] + 1);
                }
            }

            (older, old, row) = (old, row, older);
        }

        return old[b.Length];
    }
}
