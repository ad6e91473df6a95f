namespace LightVM.Toolstack;

/// <summary>From a definition to a whole record: what is left out is derived, and clashes with nothing of the host or its networks.</summary>
internal sealed class NetworkCompletion(INetworkLinks links, string hostId)
{
    /// <param name="name">Of the network.</param>
    /// <param name="definition">What it is to be.</param>
    /// <param name="present">The one that is there, or null: what is left out is kept from it.</param>
    /// <param name="others">All other networks of the host.</param>
    /// <exception cref="LightVMException">AddressInUse, InvalidArgument.</exception>
    public NetworkRecord Complete(string name, NetworkDefinition definition, NetworkRecord? present, IReadOnlyList<NetworkRecord> others)
    {
        bool bridged = definition.Bridge is not null;
        string? subnet = bridged ? null : present?.Subnet is { } kept && (definition.Subnet is null || definition.Subnet == kept)
            ? kept
            : Pool(name, definition.Subnet, others);
        string? subnet6 = bridged || definition.Subnet6 is "" ? null : definition.Subnet6 is { } given
            ? Prefix(name, given, others)
            : present is { Bridge: null } ? present.Subnet6 : DerivePrefix(name, others);
        return new NetworkRecord
        {
            Name = name,
            Id = present?.Id ?? Guid.NewGuid(),
            Subnet = subnet,
            Subnet6 = subnet6,
            Interface = definition.Bridge ?? (present is { Bridge: null } ? present.Interface : TapName(name, others)),
        }.As(definition);
    }

    private string Pool(string name, string? given, IReadOnlyList<NetworkRecord> others)
    {
        Dictionary<string, Ipv4Pool> networks = others.Where(record => record.Subnet is not null)
            .ToDictionary(record => record.Name, record => Ipv4Pool.Parse(record.Subnet!));
        IReadOnlyList<Ipv4Pool> host = links.OccupiedRanges();
        if (given is null)
        {
            return NetworkRules.FreePool(name, [.. networks.Values, .. host]).ToString();
        }

        Ipv4Pool pool = Ipv4Pool.Parse(given);
        string? user = networks.Where(pair => pair.Value.Overlaps(pool)).Select(pair => $"network '{pair.Key}' has {pair.Value}").FirstOrDefault()
            ?? host.Where(range => NetworkRules.Clashes(range, pool)).Select(range => $"the host has an address or a route of {range}").FirstOrDefault();
        return user is null ? pool.ToString() : throw new LightVMException(
            ErrorCodes.AddressInUse, $"Network '{name}' cannot have the subnet {pool}: {user}.", given, "Give another subnet, or leave it out and the host chooses.");
    }

    private static string Prefix(string name, string given, IReadOnlyList<NetworkRecord> others)
    {
        string prefix = Ipv6Prefix.Parse(given).ToString();
        return others.FirstOrDefault(record => record.Subnet6 == prefix) is not { } other ? prefix : throw new LightVMException(
            ErrorCodes.AddressInUse, $"Network '{name}' cannot have the IPv6 prefix {prefix}: network '{other.Name}' has it.", given, "Give another one, or leave it out and one is derived.");
    }

    private string DerivePrefix(string name, IReadOnlyList<NetworkRecord> others)
    {
        HashSet<string?> taken = [.. others.Select(record => record.Subnet6)];
        for (int attempt = 0; ; attempt++)
        {
            string prefix = NetworkDerivation.Prefix6(hostId, name, attempt).ToString();
            if (!taken.Contains(prefix))
            {
                return prefix;
            }
        }
    }

    private string TapName(string name, IReadOnlyList<NetworkRecord> others)
    {
        HashSet<string> taken = [.. others.Select(record => record.Interface)];
        for (int attempt = 0; ; attempt++)
        {
            string tap = NetworkDerivation.TapName(name, attempt);
            if (!taken.Contains(tap) && !links.IsForeign(tap))
            {
                return tap;
            }
        }
    }
}
