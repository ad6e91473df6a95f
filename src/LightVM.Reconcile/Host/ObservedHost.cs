namespace LightVM.Reconcile;

/// <summary>What a host has, as far as planning asks.</summary>
public sealed class ObservedHost
{
    public ObservedHost(string hostName, IEnumerable<Image> images, IEnumerable<Guest> guests, Fleet? record, IEnumerable<Network>? networks, IReadOnlyList<PoolFlavour>? pool = null)
    {
        HostName = hostName;
        Images = images.ToDictionary(image => image.Name, StringComparer.Ordinal);
        Guests = guests.ToDictionary(guest => guest.Name, StringComparer.Ordinal);
        Record = record;
        Pool = pool;
        HasNetworks = networks is not null;
        Networks = (networks ?? []).ToDictionary(network => network.Name, StringComparer.Ordinal);
    }

    public string HostName { get; }

    /// <summary>How the fleet's spec reaches it; empty: the spec names no hosts.</summary>
    public string Address { get; set; } = "";

    /// <summary>Bytes that further guests can have.</summary>
    public long Memory { get; set; } = long.MaxValue;

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, Image> Images { get; }

    /// <summary>All guests of the host, by name; those of others too.</summary>
    public IReadOnlyDictionary<string, Guest> Guests { get; }

    /// <summary>All networks of the host, by name.</summary>
    public IReadOnlyDictionary<string, Network> Networks { get; }

    /// <summary>Whether the daemon knows networks at all.</summary>
    public bool HasNetworks { get; }

    /// <summary>All flavours of the shell pool; null: the daemon knows of none.</summary>
    public IReadOnlyList<PoolFlavour>? Pool { get; }

    /// <summary>What the daemon has recorded of the fleet; null: nothing.</summary>
    public Fleet? Record { get; }

    /// <summary>
    /// Whether the very same daemon answered by two names: a network and a guest of it are both's. One of them alone may be: hosts are copied
    /// after their networks were made, and a guest that moves is on two.
    /// </summary>
    public bool IsSameDaemon(ObservedHost other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Networks.Values.Select(network => network.Id).Intersect(other.Networks.Values.Select(network => network.Id)).Any()
            && Guests.Values.Any(guest => guest.Move is null && other.Guests.TryGetValue(guest.Name, out Guest? same)
                && same.Id == guest.Id && same.DomainId == guest.DomainId && same.Move is null);
    }
}
