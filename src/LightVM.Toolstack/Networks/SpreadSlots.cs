namespace LightVM.Toolstack;

/// <summary>
/// How a port that several guests share is spread over them: each new connection draws one of <see cref="Count"/> slots, and each
/// slot leads to a guest. Who comes or goes moves as few slots as can be. Pure.
/// </summary>
internal static class SpreadSlots
{
    /// <summary>So many guests of a host can take connections of one port; others are left out.</summary>
    public const int Count = 128;

    /// <summary>The slots for these members: each has as many as the others, or one more.</summary>
    /// <param name="now">The slots as they are; null: never used.</param>
    /// <param name="members">Each once, in an order that stays; none: no slot leads anywhere.</param>
    public static T?[] Assign<T>(IReadOnlyList<T?>? now, IReadOnlyList<T> members)
        where T : class, IEquatable<T>
    {
        var slots = new T?[Count];
        T[] taking = [.. members.Take(Count)];
        if (taking.Length == 0)
        {
            return slots;
        }

        int least = Count / taking.Length;
        int withMore = Count % taking.Length;
        var held = taking.ToDictionary(member => member, _ => 0);
        for (int slot = 0; slot < Count; slot++)
        {
            if (now?[slot] is { } holder && held.TryGetValue(holder, out int has) && (has < least || (has == least && withMore > 0)))
            {
                withMore -= has == least ? 1 : 0;
                held[holder]++;
                slots[slot] = holder;
            }
        }

        var wanting = new Queue<T>(taking.SelectMany(member => Enumerable.Repeat(member, Math.Max(least - held[member], 0))));
        foreach (T member in taking.Where(member => held[member] <= least).Take(withMore))
        {
            wanting.Enqueue(member);
        }

        for (int slot = 0; slot < Count; slot++)
        {
            slots[slot] ??= wanting.Dequeue();
        }

        return slots;
    }
}
