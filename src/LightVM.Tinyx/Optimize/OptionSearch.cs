namespace LightVM.Tinyx;

/// <summary>
/// Finds which options something does without. All are tried at once; a set that fails is halved, and each half tried in turn
/// beside what has already gone, down to the single options that have to stay.
/// </summary>
/// <param name="trial">Whether it does with all of these off: null, or what it does not.</param>
/// <param name="decided">Called with every set that is decided: it is off from now on (null), or it stays, and why.</param>
internal sealed class OptionSearch(Func<IReadOnlyList<string>, Task<string?>> trial, Action<IReadOnlyList<string>, string?> decided)
{
    private readonly List<string> off = [];
    private readonly Stack<IReadOnlyList<string>> pending = new();

    /// <summary>What has gone, in the order in which it went.</summary>
    public IReadOnlyList<string> Off => off;

    /// <summary>Sets that are not decided yet, the one that is being tried among them.</summary>
    public IReadOnlyCollection<IReadOnlyList<string>> Pending => pending;

    /// <param name="candidates">What is tried, in this order: neighbours are tried together.</param>
    /// <param name="oneByOne">Each by itself.</param>
    public async Task RunAsync(IReadOnlyList<string> candidates, bool oneByOne)
    {
        foreach (IReadOnlyList<string> set in oneByOne ? candidates.Reverse().Select(c => (IReadOnlyList<string>)[c]) : candidates.Count > 0 ? [candidates] : [])
        {
            pending.Push(set);
        }

        while (pending.TryPeek(out IReadOnlyList<string>? set))
        {
            string? failure = await trial([.. off, .. set]).ConfigureAwait(false);
            pending.Pop();
            if (failure is not null && set.Count > 1)
            {
                int half = (set.Count + 1) / 2;
                pending.Push([.. set.Skip(half)]);
                pending.Push([.. set.Take(half)]);
                continue;
            }

            if (failure is null)
            {
                off.AddRange(set);
            }

            decided(set, failure);
        }
    }
}
