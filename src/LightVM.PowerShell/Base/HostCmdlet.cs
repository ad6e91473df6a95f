using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>A cmdlet that reaches hosts.</summary>
public abstract class HostCmdlet : LightVMCmdlet
{
    /// <summary>The client of a host as this session names it; null: the default host.</summary>
    /// <exception cref="LightVMException">InvalidArgument: it names no host.</exception>
    protected static LightVMClient ClientOf(string? hostName) =>
        string.IsNullOrEmpty(hostName) ? HostRegistry.Process.Default : HostRegistry.Process.Get(hostName);

    /// <summary>The clients of the hosts given, or the default one's; a name that is none is an error of its own.</summary>
    protected IReadOnlyList<LightVMClient> ClientsOf(IReadOnlyList<string>? hostNames)
    {
        var errors = new List<LightVMException>();
        IReadOnlyList<LightVMClient> clients = ClientsOf(hostNames, errors);
        foreach (LightVMException e in errors)
        {
            WriteProblem(e);
        }

        return clients;
    }

    /// <summary>The same, with the errors told to the caller.</summary>
    private protected static IReadOnlyList<LightVMClient> ClientsOf(IReadOnlyList<string>? hostNames, List<LightVMException> errors)
    {
        var clients = new List<LightVMClient>();
        string?[] names = hostNames is { Count: > 0 } ? [.. hostNames] : [null];
        foreach (string? name in names)
        {
            try
            {
                LightVMClient client = ClientOf(name);
                if (!clients.Contains(client))
                {
                    clients.Add(client);
                }
            }
            catch (LightVMException e)
            {
                errors.Add(e);
            }
        }

        return clients;
    }

    /// <summary>
    /// Asks several hosts at once. What one host throws is a non-terminating error, and the others go on.
    /// </summary>
    /// <param name="clients">The hosts.</param>
    /// <param name="work">Done for each; it writes by PostAsync.</param>
    protected void ForEachHost(IReadOnlyList<LightVMClient> clients, Func<LightVMClient, CancellationToken, Task> work)
    {
        ArgumentNullException.ThrowIfNull(clients);
        ArgumentNullException.ThrowIfNull(work);
        Run(token => Task.WhenAll(clients.Select(client => OnHostAsync(client, work, token))));
    }

    private async Task OnHostAsync(LightVMClient client, Func<LightVMClient, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(client, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e)
        {
            await PostAsync(() => WriteProblem(e), cancellationToken).ConfigureAwait(false);
        }
    }
}
