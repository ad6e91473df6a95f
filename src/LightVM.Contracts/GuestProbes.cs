namespace LightVM;

/// <summary>How a host sees what state a guest's application is in.</summary>
public sealed class GuestProbes
{
    /// <summary>Until it passes, the others are not asked. A guest for which it fails is treated as one that has crashed.</summary>
    public Probe? Start { get; init; }

    /// <summary>While it passes the guest is ready: ports that it shares lead to it, and whoever waits for Ready goes on.</summary>
    public Probe? Ready { get; init; }

    /// <summary>A guest for which it fails is treated as one that has crashed.</summary>
    public Probe? Live { get; init; }

    /// <summary>Each with its name, those that are there.</summary>
    public IEnumerable<(string Name, Probe Probe)> All()
    {
        if (Start is not null)
        {
            yield return ("start", Start);
        }

        if (Ready is not null)
        {
            yield return ("ready", Ready);
        }

        if (Live is not null)
        {
            yield return ("live", Live);
        }
    }

    public override string ToString() => string.Join("; ", All().Select(pair => $"{pair.Name}: {pair.Probe}"));
}
