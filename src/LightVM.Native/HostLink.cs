namespace LightVM.Native;

/// <summary>An interface of the host, as rtnetlink tells it.</summary>
public sealed record HostLink
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    /// <summary>What its maker wrote there; "".</summary>
    public string Alias { get; init; } = "";

    /// <summary><c>tun</c>, <c>bridge</c>, …; "" for a physical one.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>Index of the bridge it is a port of; 0: none.</summary>
    public int Master { get; init; }

    public bool IsUp { get; init; }

    public byte[] Address { get; init; } = [];
}
