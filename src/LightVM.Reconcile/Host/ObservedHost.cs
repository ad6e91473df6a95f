namespace LightVM.Reconcile;

/// <summary>What a host has, as far as planning asks.</summary>
public sealed class ObservedHost
{
    public ObservedHost(string hostName, IEnumerable<Image> images, IEnumerable<Guest> guests, Fleet? record)
    {
        HostName = hostName;
        Images = images.ToDictionary(image => image.Name, StringComparer.Ordinal);
        Guests = guests.ToDictionary(guest => guest.Name, StringComparer.Ordinal);
        Record = record;
    }

    public string HostName { get; }

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, Image> Images { get; }

    /// <summary>All guests of the host, by name; those of others too.</summary>
    public IReadOnlyDictionary<string, Guest> Guests { get; }

    /// <summary>What the daemon has recorded of the fleet; null: nothing.</summary>
    public Fleet? Record { get; }
}
