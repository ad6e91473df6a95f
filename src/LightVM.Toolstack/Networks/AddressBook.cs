using System.Net;
using System.Numerics;

namespace LightVM.Toolstack;

/// <summary>
/// Who has which MAC and IPv4 address on one network. Rebuilt at each start from the guests' records. Not thread-safe. The next
/// free address is found by words of 64, so a pool that is nearly full costs no more than an empty one.
/// </summary>
internal sealed class AddressBook
{
    private readonly Dictionary<MacAddress, AddressLease> _byMac = [];
    private readonly Dictionary<uint, AddressLease> _byAddress = [];
    private readonly Guid _networkId;
    private readonly string _network;
    private readonly Ipv4Pool? _pool;
    private readonly Ipv6Prefix? _prefix;
    private readonly MacAddress _hostMac;
    private readonly ulong[] _taken;

    public AddressBook(NetworkRecord network)
    {
        _networkId = network.Id;
        _network = network.Name;
        _pool = network.Subnet is null ? null : Ipv4Pool.Parse(network.Subnet);
        _prefix = network.Subnet6 is null ? null : Ipv6Prefix.Parse(network.Subnet6);
        _hostMac = NetworkDerivation.HostMac(network.Name);
        _taken = _pool is { } pool ? new ulong[(pool.GuestCount + 63) / 64] : [];
        if (_pool is { GuestCount: var count } && count % 64 != 0)
        {
            _taken[^1] = ulong.MaxValue << (count % 64);
        }
    }

    public int Count => _byMac.Count;

    public int FreeCount => _pool is { } pool ? pool.GuestCount - _byAddress.Count : 0;

    public IReadOnlyCollection<AddressLease> Leases => _byMac.Values;

    /// <summary>Gives a guest a MAC and an address: those asked for, else those of its name, else the next free ones.</summary>
    /// <exception cref="LightVMException">InvalidArgument, AddressInUse, PoolExhausted.</exception>
    public AddressLease Take(string guest, string? mac, string? address)
    {
        MacAddress hardware = mac is null ? FreeMac(guest) : Check(guest, mac);
        uint? number = _pool is null ? RefuseAddress(guest, address) : address is null ? FreeAddress(guest) : CheckAddress(guest, address);
        var lease = new AddressLease
        {
            NetworkId = _networkId,
            Network = _network,
            Guest = guest,
            Mac = hardware,
            Address = number is { } n ? Ipv4Pool.ToAddress(n) : null,
            PrefixLength = _pool?.PrefixLength ?? 0,
            Address6 = _prefix?.Of(hardware),
            Prefix6Length = _prefix is null ? 0 : Ipv6Prefix.Length,
            OnBridge = _pool is null,
        };
        _byMac.Add(hardware, lease);
        if (number is { } taken)
        {
            _byAddress.Add(taken, lease);
            int place = (int)(taken - _pool!.Value.Host - 1);
            _taken[place >> 6] |= 1UL << place;
        }

        return lease;
    }

    /// <summary>Returns false if it is not (any more) a lease of this book.</summary>
    public bool Release(AddressLease lease)
    {
        if (!_byMac.TryGetValue(lease.Mac, out AddressLease? held) || !ReferenceEquals(held, lease))
        {
            return false;
        }

        _byMac.Remove(lease.Mac);
        if (lease.Address is { } address)
        {
            uint number = Ipv4Pool.ToNumber(address);
            _byAddress.Remove(number);
            int place = (int)(number - _pool!.Value.Host - 1);
            _taken[place >> 6] &= ~(1UL << place);
        }

        return true;
    }

    private MacAddress FreeMac(string guest)
    {
        MacAddress mac = NetworkDerivation.Mac(_network, guest);
        while (mac == _hostMac || _byMac.ContainsKey(mac))
        {
            mac = NetworkDerivation.Next(mac);
        }

        return mac;
    }

    private MacAddress Check(string guest, string text)
    {
        if (!MacAddress.TryParse(text, out MacAddress mac) || !mac.IsUnicast)
        {
            throw Problems.InvalidArgument(
                $"Guest '{guest}': '{text}' is no MAC address of one interface.", text, "Give one like 02:1c:7b:00:00:01, or leave it out.");
        }

        string? owner = mac == _hostMac ? "the host" : _byMac.TryGetValue(mac, out AddressLease? lease) ? $"guest '{lease.Guest}'" : null;
        return owner is null ? mac : throw new LightVMException(
            ErrorCodes.AddressInUse,
            $"Guest '{guest}': the MAC address {mac} on network '{_network}' is that of {owner}.",
            text,
            "Give another one, or leave it out and one is derived from the guest's name.");
    }

    private uint? RefuseAddress(string guest, string? address) => address is null ? null : throw Problems.InvalidArgument(
        $"Guest '{guest}': network '{_network}' is a bridge of the host, whose addresses LightVM does not give out.",
        address,
        "Leave the address out, and let the guest or the bridge's DHCP server set it.");

    private uint CheckAddress(string guest, string text)
    {
        Ipv4Pool pool = _pool!.Value;
        if (Ipv4Pool.Split(text + "/32", System.Net.Sockets.AddressFamily.InterNetwork) is not { Address: IPAddress address }
            || !pool.IsForGuests(Ipv4Pool.ToNumber(address)))
        {
            throw Problems.InvalidArgument(
                $"Guest '{guest}': '{text}' is no address for a guest of network '{_network}'.",
                text,
                $"Give one from {Ipv4Pool.ToAddress(pool.Host + 1)} to {Ipv4Pool.ToAddress(pool.Last - 1)}, or leave it out.");
        }

        uint number = Ipv4Pool.ToNumber(address);
        return !_byAddress.TryGetValue(number, out AddressLease? lease) ? number : throw new LightVMException(
            ErrorCodes.AddressInUse,
            $"Guest '{guest}': {text} on network '{_network}' is the address of guest '{lease.Guest}'.",
            text,
            "Give another one, or leave it out and the host chooses.");
    }

    private uint FreeAddress(string guest)
    {
        Ipv4Pool pool = _pool!.Value;
        if (FreeCount == 0)
        {
            throw new LightVMException(
                ErrorCodes.PoolExhausted,
                $"Guest '{guest}': all {pool.GuestCount} addresses of network '{_network}' ({pool}) are taken.",
                _network,
                "Remove guests, or make a network with a larger subnet: New-LightVMNetwork -Subnet.");
        }

        int start = NetworkDerivation.Place(_network, guest, pool.GuestCount);
        int word = start >> 6;
        // First what is left of the word that it falls into, then whole words, round to the start of that one.
        ulong free = ~_taken[word] & (ulong.MaxValue << (start & 63));
        while (free == 0)
        {
            word = (word + 1) % _taken.Length;
            free = ~_taken[word];
        }

        return pool.Host + 1 + (uint)((word << 6) + BitOperations.TrailingZeroCount(free));
    }
}
