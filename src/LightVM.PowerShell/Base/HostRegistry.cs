using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// The connections of this process: all runspaces share them. A host is known by its endpoint's name. All members are thread-safe.
/// </summary>
/// <param name="saved">Finds what the user has saved; null: nothing is.</param>
internal sealed class HostRegistry(Func<SavedHosts?>? saved = null)
{
    /// <summary>The endpoint that is the default where nothing is connected, in place of the local socket.</summary>
    public const string DefaultVariable = "LIGHTVM_HOST";

    private readonly Lock gate = new();
    private readonly Dictionary<string, LightVMClient> clients = new(StringComparer.OrdinalIgnoreCase);

    // Names of those that a user connected; the last is the default.
    private readonly List<string> connected = [];

    public static HostRegistry Process { get; } = new(() => SavedHosts.OfUser);

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

    /// <summary>The user's saved hosts; null: this account has no place for them.</summary>
    public SavedHosts? Saved => saved?.Invoke();

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
    /// <exception cref="LightVMException">InvalidArgument: LIGHTVM_HOST names no host. HostsFileInvalid, AccessDenied: of the saved hosts.</exception>
    public LightVMClient Default
    {
        get
        {
            lock (gate)
            {
                return connected.Count > 0 ? clients[connected[^1]]
                    : Told is not { } told ? GetOrAdd(HostEndpoint.Local)
                    : clients.TryGetValue(told, out LightVMClient? met) ? met
                    : GetOrAdd(FromEnvironment(told));
            }
        }
    }

    /// <summary>The host of this name; one that is not known yet is reached as it is saved, or else as the name says.</summary>
    /// <exception cref="LightVMException">InvalidArgument: the text names no host. HostsFileInvalid, AccessDenied: of the saved hosts.</exception>
    public LightVMClient Get(string name)
    {
        lock (gate)
        {
            return clients.TryGetValue(name, out LightVMClient? client) ? client : GetOrAdd(Resolve(name));
        }
    }

    /// <summary>Where a name leads: that of a host of this process, of LIGHTVM_HOST's, a saved one, or a spelling.</summary>
    /// <exception cref="LightVMException">As of <see cref="Get"/>.</exception>
    public HostEndpoint Resolve(string name)
    {
        lock (gate)
        {
            if (clients.TryGetValue(name, out LightVMClient? client))
            {
                return client.Endpoint;
            }
        }

        // Only a spelling says more than its name does.
        return Told is { } told && !SavedHosts.IsName(told) && HostEndpoint.TryParse(told, out HostEndpoint? endpoint, out _)
            && endpoint.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
            ? endpoint
            : Saved?.Find(name) ?? HostEndpoint.Parse(name);
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

            HostEndpoint unique = clients.ContainsKey(endpoint.Name) || IsSavedElsewhere(endpoint) ? endpoint with { Name = endpoint.ToString() } : endpoint;
            return clients.TryGetValue(unique.Name, out LightVMClient? known) ? known : Add(unique);
        }
    }

    /// <summary>The client for an endpoint that the user has given this name; it is a host of its own, also if the place is known by another.</summary>
    /// <exception cref="LightVMException">InvalidArgument: it is no name. HostExists: it is another host's. HostsFileInvalid, AccessDenied: of the saved hosts.</exception>
    public LightVMClient GetOrAdd(HostEndpoint endpoint, string alias)
    {
        SavedHosts.RequireName(alias);
        HostEndpoint named = endpoint with { Name = alias };
        lock (gate)
        {
            if (clients.TryGetValue(alias, out LightVMClient? known))
            {
                return known.Endpoint.IsSamePlace(named) ? known : throw new LightVMException(
                    ErrorCodes.HostExists,
                    $"'{known.HostName}' is {known.Endpoint.WithoutOwnName()} in this session.",
                    alias,
                    $"Give another -Alias, or end that connection first: Disconnect-LightVMHost {known.HostName}");
            }

            Saved?.RequireFree(named);
            return Add(named);
        }
    }

    private LightVMClient Add(HostEndpoint endpoint)
    {
        var client = new LightVMClient(endpoint);
        clients.Add(endpoint.Name, client);
        return client;
    }

    private bool IsSavedElsewhere(HostEndpoint endpoint)
    {
        try
        {
            return Saved?.Find(endpoint.Name) is { } other && !other.IsSamePlace(endpoint);
        }
        catch (LightVMException)
        {
            // What is spelled out needs no saved hosts: they are no reason not to reach it.
            return false;
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

    private static string? Told => Environment.GetEnvironmentVariable(DefaultVariable) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    private HostEndpoint FromEnvironment(string told) =>
        Saved?.Find(told)
        ?? (HostEndpoint.TryParse(told, out HostEndpoint? endpoint, out string? why) ? endpoint : throw new LightVMException(
            ErrorCodes.InvalidArgument,
            $"{DefaultVariable} is '{told}', which names no host: {why}",
            told,
            $"Set it to an alias that is saved, a host name (reached by ssh), ssh://[user@]host[:port], unix:/path or localhost; or remove it."));
}
