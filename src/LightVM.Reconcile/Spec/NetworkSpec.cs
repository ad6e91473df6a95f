namespace LightVM.Reconcile;

/// <summary>An entry of <c>networks:</c>.</summary>
public sealed class NetworkSpec
{
    public required string Name { get; init; }

    /// <summary>IPv4 addresses, normalised; null: a free range of the host's, and whatever it has.</summary>
    public string? Subnet { get; init; }

    /// <summary>IPv6 prefix, normalised; empty: none; null: whatever it has.</summary>
    public string? Subnet6 { get; init; }

    /// <summary>Bytes.</summary>
    public int Mtu { get; init; } = 1500;

    public bool Dhcp { get; init; } = true;

    public bool Nat { get; init; } = true;

    public bool Broadcast { get; init; }

    public bool Multicast { get; init; }

    public bool Isolated { get; init; }

    /// <summary>A bridge of the host; null: a switch of ours.</summary>
    public string? Bridge { get; init; }

    public int Vlan { get; init; }

    /// <summary>What guests send on the bridge is not checked.</summary>
    public bool Trusted { get; init; }

    /// <summary>Where the entry begins.</summary>
    public required SourceMark Mark { get; init; }

    /// <summary>Where the value of each key that is there begins.</summary>
    public IReadOnlyDictionary<string, SourceMark> Marks { get; init; } = new Dictionary<string, SourceMark>();

    /// <summary>Its place in the document: <c>networks[0]</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Where the value of a key is, or the entry where the key is not there.</summary>
    public SourceMark MarkOf(string key) => Marks.TryGetValue(key, out SourceMark mark) ? mark : Mark;
}
