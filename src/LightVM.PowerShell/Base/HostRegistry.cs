using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// The connections of this process: all runspaces share them. A host is known by its endpoint's name. All members are thread-safe.
/// </summary>
internal sealed class HostRegistry
{
    /// <summary>The endpoint that is the default where nothing is connected, in place of the local socket.</summary>
    public const string DefaultVariable = "LIGHTVM_HOST";

    private readonly Lock gate = new();
    private readonly Dictionary<string, LightVMClient> clients = new(StringComparer.OrdinalIgnoreCase);

    // Names of those that a user connected; the last is the default.
    private readonly List<string> connected = [];

    public static HostRegistry Process { get; } = new();

    /// <summary>Names of the hosts that were connected by a cmdlet, the default one last.</summary>
    public IReadOnlyList<string> Connected
    {
        get
        {
            lock (gate)
            {
                return [.. connected];
            }
        }
    }

    /// <summary>All names that this process has met.</summary>
    public IReadOnlyList<string> Known
    {
        get
        {
            lock (gate)
            {
                return [.. clients.Keys];
            }
        }
    }

    /// <summary>The last connected host; else the one that LIGHTVM_HOST names; else the local socket.</summary>
    /// <exception cref="LightVMException">InvalidArgument: LIGHTVM_HOST names no host.</exception>
    public LightVMClient Default
    {
        get
        {
            lock (gate)
            {
                return connected.Count > 0 ? clients[connected[^1]] : GetOrAdd(FromEnvironment() ?? HostEndpoint.Local);
            }
        }
    }

    /// <summary>The host of this name; one that is not known yet is reached as the name says.</summary>
    /// <exception cref="LightVMException">InvalidArgument: the text names no host.</exception>
    public LightVMClient Get(string name)
    {
        lock (gate)
        {
            if (clients.TryGetValue(name, out LightVMClient? client))
            {
                return client;
            }

            return FromEnvironment() is { } endpoint && endpoint.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
                ? GetOrAdd(endpoint)
                : GetOrAdd(HostEndpoint.Parse(name));
        }
    }

    /// <summary>
    /// The client for an endpoint, or null if this process has not met it. One that is given a name of its own is a host of its own:
    /// only the others are what leads to the same place.
    /// </summary>
    public LightVMClient? Find(HostEndpoint endpoint)
    {
        lock (gate)
        {
            return clients.Values.FirstOrDefault(client => client.Endpoint == endpoint)
                ?? (endpoint.HasOwnName ? null : clients.Values.FirstOrDefault(client => client.Endpoint.IsSamePlace(endpoint)));
        }
    }

    /// <summary>A client that leads to the same place, whatever it is called; or null.</summary>
    public LightVMClient? FindPlace(HostEndpoint endpoint)
    {
        lock (gate)
        {
            return clients.Values.FirstOrDefault(client => client.Endpoint.IsSamePlace(endpoint));
        }
    }

    /// <summary>The client for an endpoint, made where there is none. A name that another endpoint has is replaced by the full spelling.</summary>
    public LightVMClient GetOrAdd(HostEndpoint endpoint)
    {
        lock (gate)
        {
            if (Find(endpoint) is { } same)
            {
                return same;
            }

            HostEndpoint unique = clients.ContainsKey(endpoint.Name) ? endpoint with { Name = endpoint.ToString() } : endpoint;
            if (clients.TryGetValue(unique.Name, out LightVMClient? known))
            {
                return known;
            }

            var client = new LightVMClient(unique);
            clients.Add(unique.Name, client);
            return client;
        }
    }

    /// <summary>Makes a host the default.</summary>
    public void SetDefault(LightVMClient client)
    {
        lock (gate)
        {
            // Disconnected meanwhile by another runspace: it stays so.
            if (clients.TryGetValue(client.HostName, out LightVMClient? current) && current == client)
            {
                connected.RemoveAll(name => name.Equals(client.HostName, StringComparison.OrdinalIgnoreCase));
                connected.Add(client.HostName);
            }
        }
    }

    /// <summary>Ends a connection and forgets the host.</summary>
    /// <returns>False if there was none of that name.</returns>
    public bool Remove(string name)
    {
        LightVMClient? client;
        lock (gate)
        {
            connected.RemoveAll(n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (!clients.Remove(name, out client))
            {
                return false;
            }
        }

        PortRegistry.CloseOf(client.HostName);
        client.Dispose();
        return true;
    }

    private static HostEndpoint? FromEnvironment()
    {
        string? text = Environment.GetEnvironmentVariable(DefaultVariable);
        return string.IsNullOrWhiteSpace(text) ? null : HostEndpoint.Parse(text);
    }
}
