using System.Globalization;

namespace LightVM.Reconcile.Tests;

/// <summary>Networks, adapters and disks of the model.</summary>
internal sealed partial class ModelHost
{
    private readonly Dictionary<string, Network> networks = new(StringComparer.Ordinal) { ["default"] = new Network { Name = "default", Id = Guid.NewGuid(), Subnet = "10.118.0.0/20", Dhcp = true, Nat = true } };
    private int addresses = 1;

    /// <summary>False: a daemon of an earlier version.</summary>
    public bool KnowsNetworks { get; set; } = true;

    /// <summary>As the daemon shows them.</summary>
    public IEnumerable<Network> Networks => networks.Values.Select(Seen);

    public Task<Network> PutNetworkAsync(string name, NetworkDefinition definition, bool change, CancellationToken cancellationToken) => Write($"network {name}", () =>
    {
        Network? there = networks.GetValueOrDefault(name);
        CheckSubnet(name, definition);
        Network made = Make(name, definition, there);
        if (there is null)
        {
            return networks[name] = made;
        }

        bool sameAddresses = (there.Subnet, there.Subnet6, there.Bridge, there.Vlan) == (made.Subnet, made.Subnet6, made.Bridge, made.Vlan);
        bool same = sameAddresses
            && (there.Mtu, there.Dhcp, there.Nat, there.Broadcast, there.Multicast, there.Isolated, there.Trusted, there.Fleet)
                == (made.Mtu, made.Dhcp, made.Nat, made.Broadcast, made.Multicast, made.Isolated, made.Trusted, made.Fleet);
        return same ? there
            : !change ? throw new LightVMException(ErrorCodes.NetworkExists, $"Network '{name}' exists.")
            : !sameAddresses && Seen(there).AdapterCount > 0 ? throw new LightVMException(ErrorCodes.NetworkInUse, $"Network '{name}' is in use.")
            : networks[name] = made;
    });

    public Task RemoveNetworkAsync(string name, CancellationToken cancellationToken) => Write($"remove network {name}", () =>
        !networks.TryGetValue(name, out Network? there) ? throw new LightVMException(ErrorCodes.NetworkNotFound, $"No network '{name}'.")
        : Seen(there).AdapterCount > 0 ? throw new LightVMException(ErrorCodes.NetworkInUse, $"Network '{name}' is in use.")
        : networks.Remove(name));

    public Task<Adapter> AddAdapterAsync(Guest guest, AdapterDefinition definition, CancellationToken cancellationToken) =>
        Write($"add adapter {guest.Name} {definition.Network}", () =>
        {
            Guest now = guests[guest.Id];
            CheckRoom(now);
            Adapter adapter = Make(now, definition);
            Set(now, g => With(g, adapters: [.. g.Adapters, adapter]));
            return adapter;
        });

    public Task<Adapter> ChangeAdapterAsync(Guest guest, int adapter, AdapterChange change, CancellationToken cancellationToken) =>
        Write($"change adapter {guest.Name} {adapter}", () =>
        {
            Guest now = guests[guest.Id];
            Adapter old = now.Adapters.FirstOrDefault(a => a.Id == adapter) ?? throw new LightVMException(ErrorCodes.AdapterNotFound, $"No adapter {adapter}.");
            var changed = new Adapter { Id = old.Id, Network = old.Network, Mac = old.Mac, Address = old.Address, RateLimit = change.RateLimit ?? old.RateLimit };
            Set(now, g => With(g, adapters: [.. g.Adapters.Select(a => a.Id == adapter ? changed : a)]));
            return changed;
        });

    public Task RemoveAdapterAsync(Guest guest, int adapter, CancellationToken cancellationToken) => Write($"remove adapter {guest.Name} {adapter}", () =>
    {
        Guest now = guests[guest.Id];
        return now.Adapters.All(a => a.Id != adapter)
            ? throw new LightVMException(ErrorCodes.AdapterNotFound, $"No adapter {adapter}.")
            : now.Publish.Count > 0 && now.Adapters.Count == 1
            ? throw new LightVMException(ErrorCodes.InvalidState, $"{now.Name} publishes ports by adapter {adapter}.")
            : Set(now, g => With(g, adapters: [.. g.Adapters.Where(a => a.Id != adapter)]));
    });

    public Task<Disk> AddDiskAsync(Guest guest, DiskDefinition definition, CancellationToken cancellationToken) => Write($"add disk {guest.Name} {definition.Path}", () =>
    {
        Guest now = guests[guest.Id];
        CheckRoom(now);
        Disk disk = Make(now, definition);
        if (now.State is not (GuestState.Stopped or GuestState.Crashed or GuestState.Saved))
        {
            CheckDisks(now, [disk]);
        }

        Set(now, g => With(g, disks: [.. g.Disks, disk]));
        return disk;
    });

    public Task RemoveDiskAsync(Guest guest, int disk, CancellationToken cancellationToken) => Write($"remove disk {guest.Name} {disk}", () =>
    {
        Guest now = guests[guest.Id];
        return now.Disks.All(d => d.Id != disk)
            ? throw new LightVMException(ErrorCodes.DiskNotFound, $"No disk {disk}.")
            : Set(now, g => With(g, disks: [.. g.Disks.Where(d => d.Id != disk)]));
    });

    public void AddNetwork(string name, NetworkDefinition definition) => networks[name] = Make(name, definition, null);

    public void RemoveNetwork(string name) => networks.Remove(name);

    /// <summary>Somebody gives a guest a device, or takes one.</summary>
    public void SetDevices(string guest, IReadOnlyList<AdapterDefinition>? adapters = null, IReadOnlyList<DiskDefinition>? disks = null)
    {
        Guest now = guests.Values.First(g => g.Name == guest);
        if (adapters is not null)
        {
            Set(now, g => With(g, adapters: []));
            foreach (AdapterDefinition adapter in adapters)
            {
                Set(now, _ => With(guests[now.Id], adapters: [.. guests[now.Id].Adapters, Make(guests[now.Id], adapter)]));
            }
        }

        if (disks is not null)
        {
            Set(now, _ => With(guests[now.Id], disks: [.. disks.Select((disk, i) => new Disk { Id = i, Path = disk.Path, ReadOnly = disk.ReadOnly })]));
        }
    }

    private Network Make(string name, NetworkDefinition definition, Network? there) => new()
    {
        Name = name,
        Id = there?.Id ?? Guid.NewGuid(),
        Subnet = definition.Bridge is null ? definition.Subnet ?? there?.Subnet ?? FreeSubnet() : null,
        Subnet6 = definition.Bridge is not null || definition.Subnet6 is "" ? null : definition.Subnet6 ?? (there is { Bridge: null } ? there.Subnet6 : $"fd00:{name.Length}:{name[0] & 15:x}::/64"),
        Mtu = definition.Mtu,
        Dhcp = definition.Bridge is null && definition.Dhcp,
        Nat = definition.Bridge is null && definition.Nat,
        Broadcast = definition.Broadcast,
        Multicast = definition.Multicast,
        Isolated = definition.Isolated,
        Bridge = definition.Bridge,
        Vlan = definition.Vlan,
        Trusted = definition.Trusted,
        Fleet = definition.Fleet,
    };

    private Network Seen(Network network) => new()
    {
        Name = network.Name, Id = network.Id, Subnet = network.Subnet, Subnet6 = network.Subnet6, Mtu = network.Mtu, Dhcp = network.Dhcp, Nat = network.Nat,
        Broadcast = network.Broadcast, Multicast = network.Multicast, Isolated = network.Isolated, Bridge = network.Bridge, Vlan = network.Vlan, Trusted = network.Trusted, Fleet = network.Fleet,
        AdapterCount = guests.Values.Sum(guest => guest.Adapters.Count(adapter => adapter.Network == network.Name)),
    };

    private Adapter Make(Guest guest, AdapterDefinition definition)
    {
        if (!networks.ContainsKey(definition.Network))
        {
            throw new LightVMException(ErrorCodes.NetworkNotFound, $"No network '{definition.Network}'.");
        }

        CheckAddress(definition);

        int number = addresses++;
        return new Adapter
        {
            Id = Enumerable.Range(0, guest.Adapters.Count + 1).First(id => guest.Adapters.All(adapter => adapter.Id != id)),
            Network = definition.Network,
            Mac = definition.Mac ?? string.Create(CultureInfo.InvariantCulture, $"02:1c:7b:{(number >> 16) & 255:x2}:{(number >> 8) & 255:x2}:{number & 255:x2}"),
            Address = networks[definition.Network].Bridge is null ? definition.Address ?? FreeAddress(definition.Network) : null,
            RateLimit = definition.RateLimit,
        };
    }

    private static Disk Make(Guest guest, DiskDefinition definition) => new()
    {
        Id = Enumerable.Range(0, guest.Disks.Count + 1).First(id => guest.Disks.All(disk => disk.Id != id)), Path = definition.Path, ReadOnly = definition.ReadOnly,
    };

    private Guest With(Guest guest, IReadOnlyList<Adapter>? adapters = null, IReadOnlyList<Disk>? disks = null) => Copy(guest, adapters: adapters, disks: disks);
}
