namespace LightVM.PowerShell;

/// <summary>
/// Adapters as <c>'back'</c>, <c>'back,address=10.1.0.5,mac=02:…,rate=10MB'</c>, <c>@{ Network = 'back'; Address = … }</c>, networks or adapters.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class AdapterArgumentAttribute : ListArgumentAttribute
{
    protected override object Convert(IEnumerable<object> items) => items.Select(ToDefinition).ToArray();

    /// <exception cref="FormatException">It is none.</exception>
    internal static AdapterDefinition ToDefinition(object item) => item switch
    {
        AdapterDefinition definition => definition,
        Network network => new AdapterDefinition { Network = network.Name },
        Adapter adapter => new AdapterDefinition { Network = adapter.Network, Mac = adapter.Mac, Address = adapter.Address, RateLimit = adapter.RateLimit },
        string text => Parse(text),
        _ => FromMembers(new ArgumentMembers(item)),
    };

    private static AdapterDefinition FromMembers(ArgumentMembers members)
    {
        var definition = new AdapterDefinition
        {
            Network = members.Text("Network", "Name", "SwitchName") ?? "default",
            Mac = members.Text("Mac", "MacAddress"),
            Address = members.Text("Address", "IPAddress"),
            RateLimit = members.Size("RateLimit", "Rate"),
        };
        members.ThrowIfAnyIsLeft("An adapter");
        return definition;
    }

    private static AdapterDefinition Parse(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        string network = parts[0];
        int first = 1;
        if (network.Contains('='))
        {
            (network, first) = ("default", 0);
        }

        string? mac = null;
        string? address = null;
        long rate = 0;
        foreach (string part in parts.Skip(first))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? part : part[..equals].TrimEnd();
            string value = equals < 0 ? "" : part[(equals + 1)..].TrimStart();
            switch (key.ToLowerInvariant())
            {
                case "network" when value.Length > 0:
                    network = value;
                    break;
                case "mac" when value.Length > 0:
                    mac = value;
                    break;
                case "address" when value.Length > 0:
                    address = value;
                    break;
                case "rate" or "ratelimit" when value.Length > 0:
                    rate = ArgumentMembers.SizeOf(value);
                    break;
                default:
                    throw new FormatException($"'{text}' is no adapter: '{part}' is not understood. Write NETWORK[,address=A][,mac=M][,rate=10MB].");
            }
        }

        return network.Length > 0
            ? new AdapterDefinition { Network = network, Mac = mac, Address = address, RateLimit = rate }
            : throw new FormatException($"'{text}' is no adapter: it names no network. Write NETWORK[,address=A][,mac=M][,rate=10MB].");
    }
}
