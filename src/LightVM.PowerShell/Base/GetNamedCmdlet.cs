using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>A cmdlet that shows what hosts have by name.</summary>
public abstract class GetNamedCmdlet<T> : HostCmdlet
    where T : class
{
    /// <summary>The hosts to look on; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    private protected abstract NamedSearch<T> Search { get; }

    private protected abstract IReadOnlyList<string>? GivenNames { get; }

    protected override void ProcessRecord()
    {
        IReadOnlyList<string> names = GivenNames ?? ["*"];
        ForEachHost(ClientsOf(HostName), async (client, token) =>
        {
            (IReadOnlyList<T> found, IReadOnlyList<string> missing) = await Search.FindAsync(client, names, token).ConfigureAwait(false);
            await PostAsync(
                () =>
                {
                    WriteObject(found, enumerateCollection: true);
                    foreach (string name in missing)
                    {
                        WriteProblem(Search.NotFound(client.HostName, name), name);
                    }
                },
                token).ConfigureAwait(false);
        });
    }
}
