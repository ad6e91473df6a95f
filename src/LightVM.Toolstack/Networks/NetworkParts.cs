namespace LightVM.Toolstack;

/// <summary>What a <see cref="NetworkManager"/> stands on: the host's, or a test's.</summary>
internal sealed class NetworkParts
{
    public required INetworkLinks Links { get; init; }

    public required IFirewall Firewall { get; init; }

    public required INameServers Names { get; init; }

    /// <summary>Who else uses a port of the host, in words; null: nobody.</summary>
    public required Func<PortRule, string?> PortUser { get; init; }

    /// <summary>Stays with the host; IPv6 prefixes are derived from it.</summary>
    public required string HostId { get; init; }

    public Action<LogSeverity, string> Log { get; init; } = static (_, _) => { };
}
