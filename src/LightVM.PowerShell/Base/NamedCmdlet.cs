using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>A cmdlet on existing things that hosts have by name: given as objects, or by name (set Name).</summary>
public abstract class NamedCmdlet<T> : HostCmdlet
    where T : class
{
    protected const string NameSet = "Name";

    /// <summary>The hosts to look on; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    private protected abstract NamedSearch<T> Search { get; }

    /// <summary>The objects of this record, where the set is not Name.</summary>
    private protected abstract IReadOnlyList<T> Given { get; }

    /// <summary>The names of this record, in the set Name.</summary>
    private protected abstract IReadOnlyList<string> GivenNames { get; }

    protected override void ProcessRecord()
    {
        if (ParameterSetName != NameSet)
        {
            foreach (IGrouping<string?, T> group in Given.GroupBy(Search.HostOf))
            {
                foreach (LightVMClient client in ClientsOf(group.Key is { } name ? [name] : null))
                {
                    ProcessEach(client, group);
                }
            }

            return;
        }

        foreach (LightVMClient client in ClientsOf(HostName))
        {
            try
            {
                (IReadOnlyList<T> found, IReadOnlyList<string> missing) = Run(token => Search.FindAsync(client, GivenNames, token));
                foreach (string name in missing)
                {
                    WriteProblem(Search.NotFound(client.HostName, name), name);
                }

                ProcessEach(client, found);
            }
            catch (LightVMException e)
            {
                WriteProblem(e, client.HostName);
            }
        }
    }

    /// <summary>Does it to one; what it throws is a non-terminating error.</summary>
    private protected abstract void Process(LightVMClient client, T thing);

    private void ProcessEach(LightVMClient client, IEnumerable<T> things)
    {
        foreach (T thing in things)
        {
            try
            {
                Process(client, thing);
            }
            catch (LightVMException e)
            {
                WriteProblem(e, thing);
            }
        }
    }
}
