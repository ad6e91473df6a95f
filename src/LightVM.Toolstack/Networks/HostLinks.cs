using System.Globalization;
using System.Runtime.InteropServices;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>The host's interfaces by rtnetlink and /dev/net/tun.</summary>
/// <param name="log">Takes what nobody is told otherwise.</param>
/// <param name="guarded">Whether the rules are there that keep guests away from the host's loopback.</param>
internal sealed class HostLinks(Action<LogSeverity, string> log, Func<bool> guarded) : INetworkLinks, IDisposable
{
    /// <summary>Begins the alias of each TAP of ours: what was made by whom, for people and for the next lightvmd.</summary>
    private const string NetworkMark = "lightvm network ";
    private const string AdapterMark = "lightvm adapter ";

    private readonly RouteNetlink _netlink = new();

    public IReadOnlyList<Ipv4Pool> OccupiedRanges() => Run("look at the host's addresses", "rtnetlink", () =>
    {
        HashSet<int> own = [.. _netlink.Links().Where(IsOurs).Select(link => link.Index)];
        return (IReadOnlyList<Ipv4Pool>)
        [
            .. _netlink.Addresses4().Concat(_netlink.Routes4())
                .Where(range => range.PrefixLength > 0 && !own.Contains(range.Link))
                .Select(range => new Ipv4Pool(Ipv4Pool.ToNumber(range.Address) & (uint.MaxValue << (32 - range.PrefixLength)), range.PrefixLength))
                .Distinct(),
        ];
    });

    public bool IsForeign(string name) => Run("look for an interface", name, () => _netlink.Find(name) is { } link && !IsOurs(link));

    public void Ensure(NetworkRecord network) => Run($"make the interface of network '{network.Name}'", network.Interface, () =>
    {
        if (network.Bridge is null)
        {
            EnsureTap(network);
        }
        else
        {
            FindBridge(network);
        }

        return true;
    });

    public void Remove(NetworkRecord network) => Run($"remove the interface of network '{network.Name}'", network.Interface, () =>
    {
        if (network.Bridge is null && _netlink.Find(network.Interface) is { } link && IsOurs(link))
        {
            _netlink.Delete(link);
        }

        return true;
    });

    public void RemoveOtherNetworks(IReadOnlyCollection<NetworkRecord> networks)
    {
        HashSet<string> kept = [.. networks.Select(network => network.Interface)];
        RemoveWhere(link => link.Alias.StartsWith(NetworkMark, StringComparison.Ordinal) && !kept.Contains(link.Name));
    }

    public void RemoveOtherBridgeTaps(IReadOnlyCollection<string> names)
    {
        HashSet<string> kept = [.. names];
        RemoveWhere(link => link.Alias.StartsWith(AdapterMark, StringComparison.Ordinal) && !kept.Contains(link.Name));
    }

    public SafeHandle OpenQueue(NetworkRecord network) => Run($"open the TAP of network '{network.Name}'", network.Interface, () =>
    {
        // Opening one that is not there would make it, bare and for as long as it is open.
        if (_netlink.Find(network.Interface) is not { IsUp: true } link || !IsOurs(link))
        {
            EnsureTap(network);
        }

        return (SafeHandle)TapDevice.OpenQueue(network.Interface);
    });

    public SafeHandle OpenBridgeTap(NetworkRecord network, string name, MacAddress guest) => Run($"make a TAP on bridge '{network.Bridge}'", name, () =>
    {
        HostLink bridge = FindBridge(network);
        if (_netlink.Find(name) is { } present && !IsOurs(present))
        {
            throw new XenException(Errno.EEXIST, "make a TAP", "an interface of that name is there, and is not LightVM's.");
        }

        TapDevice.Create(name);
        HostLink tap = _netlink.Find(name) ?? throw new XenException(Errno.ENODEV, "make a TAP", "it went away at once.");
        WriteSetting(name, 6, "disable_ipv6", "1");
        // Not the guest's own: the bridge would take that for an address of the host. Not a low one: it would become the bridge's.
        var bytes = new byte[6];
        guest.Write(bytes);
        bytes[0] = 0xfe;
        _netlink.Set(tap, mtu: network.Mtu, alias: AdapterMark + guest + " on " + network.Name, address: bytes, master: bridge.Index);
        if (network.Vlan != 0)
        {
            string? initial = ReadFile($"/sys/class/net/{network.Bridge}/bridge/default_pvid");
            _netlink.SetBridgeVlan(tap, network.Vlan, int.Parse(initial ?? "1", NumberStyles.None, CultureInfo.InvariantCulture));
        }

        _netlink.Set(tap, up: true);
        return (SafeHandle)TapDevice.OpenQueue(name);
    });

    public void RemoveBridgeTap(string name) => Run("remove a TAP", name, () =>
    {
        if (_netlink.Find(name) is { } link && IsOurs(link))
        {
            _netlink.Delete(link);
        }

        return true;
    });

    public void Dispose() => _netlink.Dispose();

    /// <summary>A TAP of our name without any alias is what a lightvmd left that was killed as it made it.</summary>
    private static bool IsOurs(HostLink link) =>
        link.Alias.StartsWith(NetworkMark, StringComparison.Ordinal)
        || link.Alias.StartsWith(AdapterMark, StringComparison.Ordinal)
        || (link is { Kind: "tun", Alias: "" } && (link.Name.StartsWith("lvm-", StringComparison.Ordinal) || link.Name.StartsWith("lvb", StringComparison.Ordinal)));

    private void EnsureTap(NetworkRecord network)
    {
        string name = network.Interface;
        HostLink? link = _netlink.Find(name);
        if (link is not null && !IsOurs(link))
        {
            throw new XenException(Errno.EEXIST, "make a TAP", "an interface of that name is there, and is not LightVM's.");
        }

        if (link is null)
        {
            TapDevice.Create(name);
            link = _netlink.Find(name) ?? throw new XenException(Errno.ENODEV, "make a TAP", "it went away at once.");
        }

        var mac = new byte[6];
        NetworkDerivation.HostMac(network.Name).Write(mac);
        WriteSetting(name, 6, "disable_ipv6", network.Subnet6 is null ? "1" : "0");
        WriteSetting(name, 6, "accept_ra", "0");
        WriteSetting(name, 6, "autoconf", "0");
        WriteSetting(name, 6, "accept_dad", "0");
        WriteSetting(name, 4, "accept_redirects", "0");
        WriteSetting(name, 4, "send_redirects", "0");
        // A published port is reached by 127.0.0.1 too. What guests send to 127.0.0.0/8 the rules of NftRules drop, so not before
        // those are there: who makes them switches it on for the interfaces that are there then.
        if (guarded())
        {
            WriteSetting(name, 4, "route_localnet", "1");
        }

        string alias = NetworkMark + network.Name;
        _netlink.Set(
            link,
            up: true,
            mtu: link.Mtu == network.Mtu ? null : network.Mtu,
            alias: link.Alias == alias ? null : alias,
            address: link.Address.AsSpan().SequenceEqual(mac) ? null : mac);
        Ipv4Pool pool = Ipv4Pool.Parse(network.Subnet!);
        _netlink.AddAddress(link, Ipv4Pool.ToAddress(pool.Host), pool.PrefixLength);
        if (network.Subnet6 is { } subnet6 && HasIpv6())
        {
            _netlink.AddAddress(link, Ipv6Prefix.Parse(subnet6).Host, Ipv6Prefix.Length);
        }

        if (network.Nat)
        {
            Forward(network.Subnet6 is not null && HasIpv6());
        }
    }

    private HostLink FindBridge(NetworkRecord network)
    {
        HostLink link = _netlink.Find(network.Bridge!) ?? throw Problems.InvalidArgument(
            $"Network '{network.Name}': this host has no interface '{network.Bridge}'.", network.Bridge, "Make the bridge first; `ip link show type bridge` lists those that are there.");
        if (link.Kind != "bridge")
        {
            throw Problems.InvalidArgument(
                $"Network '{network.Name}': the interface '{network.Bridge}' is no bridge.", network.Bridge, "Name a bridge; `ip link show type bridge` lists them.");
        }

        if (network.Vlan != 0 && ReadFile($"/sys/class/net/{network.Bridge}/bridge/vlan_filtering") != "1")
        {
            throw Problems.InvalidArgument(
                $"Network '{network.Name}': the bridge '{network.Bridge}' does not filter VLANs, so VLAN {network.Vlan} would not be kept apart.",
                network.Bridge,
                $"Switch it on with `ip link set {network.Bridge} type bridge vlan_filtering 1`, or leave the VLAN out.");
        }

        return link;
    }

    private void RemoveWhere(Func<HostLink, bool> unwanted) => Run("remove interfaces", "rtnetlink", () =>
    {
        foreach (HostLink link in _netlink.Links().Where(unwanted))
        {
            _netlink.Delete(link);
            log(LogSeverity.Information, $"Removed the interface '{link.Name}' ({link.Alias}), which nothing needs any more.");
        }

        return true;
    });

    private static bool HasIpv6() => Directory.Exists("/proc/sys/net/ipv6/conf");

    /// <summary>
    /// Switches forwarding on where it is off. A host that takes its own default route from router advertisements would lose it
    /// with IPv6 forwarding: accept_ra 2 keeps it.
    /// </summary>
    private void Forward(bool ipv6)
    {
        if (ReadFile("/proc/sys/net/ipv4/ip_forward") == "0")
        {
            Write("/proc/sys/net/ipv4/ip_forward", "1");
        }

        const string all = "/proc/sys/net/ipv6/conf/all/forwarding";
        if (!ipv6 || ReadFile(all) != "0")
        {
            return;
        }

        foreach (string directory in Directory.EnumerateDirectories("/proc/sys/net/ipv6/conf"))
        {
            string accept = Path.Combine(directory, "accept_ra");
            if (Path.GetFileName(directory) is not "all" && ReadFile(accept) == "1")
            {
                Write(accept, "2");
            }
        }

        Write(all, "1");
    }

    private void WriteSetting(string name, int family, string setting, string value)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/sys/net/ipv{family}/conf/{name}/{setting}");
        if (ReadFile(path) is { } present && present != value)
        {
            Write(path, value);
        }
    }

    private static string? ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // a kernel without it, or the interface is gone
        }
    }

    private void Write(string path, string value)
    {
        try
        {
            File.WriteAllText(path, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log(LogSeverity.Warning, $"{path} could not be set to {value}: {e.Message}");
        }
    }

    private static T Run<T>(string what, string target, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (XenException e)
        {
            throw NetworkProblems.FromKernel(e, $"lightvmd could not {what} ({target})", target);
        }
    }
}
