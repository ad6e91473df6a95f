namespace LightVM.Toolstack;

/// <summary>Which flavour gets the next shell, and which gives some up. Pure.</summary>
internal static class PoolBudget
{
    /// <summary>
    /// Of those that lack some and may be tried, that which is emptiest in proportion; -1: none, or the next one would be beyond
    /// the budget.
    /// </summary>
    /// <param name="flavours">How many each wants, has ready, the bytes of one, and whether it may be tried now.</param>
    public static int Next(ReadOnlySpan<(int Wanted, int Ready, long Memory, bool MayTry)> flavours, long budget)
    {
        long used = 0;
        int best = -1;
        foreach (ref readonly (int Wanted, int Ready, long Memory, bool MayTry) flavour in flavours)
        {
            used += flavour.Ready * flavour.Memory;
        }

        for (int i = 0; i < flavours.Length; i++)
        {
            (int wanted, int ready, long memory, bool mayTry) = flavours[i];
            if (mayTry && ready < wanted && used + memory <= budget && (best < 0 || IsEmptier(flavours[i], flavours[best])))
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>How many shells each has to give up so that all fit: one after the other from the fullest.</summary>
    public static int[] Excess(ReadOnlySpan<(int Wanted, int Ready, long Memory, bool MayTry)> flavours, long budget)
    {
        var excess = new int[flavours.Length];
        long used = 0;
        for (int i = 0; i < flavours.Length; i++)
        {
            excess[i] = Math.Max(flavours[i].Ready - flavours[i].Wanted, 0);
            used += (flavours[i].Ready - excess[i]) * flavours[i].Memory;
        }

        while (used > budget)
        {
            int fullest = -1;
            for (int i = 0; i < flavours.Length; i++)
            {
                long held = (flavours[i].Ready - excess[i]) * flavours[i].Memory;
                if (held > 0 && (fullest < 0 || held > (flavours[fullest].Ready - excess[fullest]) * flavours[fullest].Memory))
                {
                    fullest = i;
                }
            }

            excess[fullest]++;
            used -= flavours[fullest].Memory;
        }

        return excess;
    }

    private static bool IsEmptier(
        (int Wanted, int Ready, long Memory, bool MayTry) one, (int Wanted, int Ready, long Memory, bool MayTry) other) =>
        (long)one.Ready * other.Wanted < (long)other.Ready * one.Wanted;
}
