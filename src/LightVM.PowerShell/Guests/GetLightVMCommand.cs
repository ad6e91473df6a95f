using System.Collections;
using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Gets guests: all of the host, those of a name, id, state or label, or given ones as they are now.</summary>
/// <example>
/// <code>Get-LightVM</code>
/// Shows all guests of the default host.
/// </example>
/// <example>
/// <code>Get-LightVM web-* -State Crashed</code>
/// Shows those of a name that have crashed.
/// </example>
/// <example>
/// <code>Get-LightVM -Labels @{ tier = 'front' } -HostName xen1, xen2</code>
/// Shows those of a label on two hosts.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVM", DefaultParameterSetName = VMSet)]
[OutputType(typeof(Guest))]
public sealed class GetLightVMCommand : HostCmdlet
{
    private const string VMSet = "VM";
    private const string NameSet = "Name";
    private const string IdSet = "Id";

    /// <summary>Guests to read anew.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = VMSet)]
    [ValidateNotNullOrEmpty]
    [Alias("InputObject")]
    public Guest[]? VM { get; set; }

    /// <summary>Names of guests; wildcards are permitted.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("VMName")]
    [ArgumentCompleter(typeof(GuestNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Ids of guests.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet)]
    [ValidateNotNullOrEmpty]
    public Guid[] Id { get; set; } = [];

    /// <summary>Only guests in one of these states.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public GuestState[]? State { get; set; }

    /// <summary>Only guests that have all these labels, such as @{ tier = 'front' }.</summary>
    [Parameter]
    [ValidateNotNull]
    [Alias("Label")]
    public Hashtable? Labels { get; set; }

    /// <summary>The hosts to look on, as this session names them or as Connect-LightVMHost takes them; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = IdSet)]
    [Parameter(ParameterSetName = VMSet)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        if (VM is { } guests)
        {
            foreach (IGrouping<string?, Guest> group in guests.GroupBy(guest => guest.HostName))
            {
                GetById(ClientsOf(group.Key is { } name ? [name] : HostName), [.. group.Select(guest => guest.Id)]);
            }
        }
        else if (ParameterSetName == IdSet)
        {
            GetById(ClientsOf(HostName), Id);
        }
        else
        {
            GetByName(ClientsOf(HostName), new GuestNames(ParameterSetName == NameSet ? Name : ["*"]));
        }
    }

    private void GetByName(IReadOnlyList<LightVMClient> clients, GuestNames names) => ForEachHost(clients, async (client, token) =>
    {
        await PostAsync(() => WriteVerbose($"Asking {client.HostName} for guests."), token).ConfigureAwait(false);

        // With a filter, a name that it leaves out is not one that does not exist: names are looked up without it.
        (IReadOnlyList<Guest> found, IReadOnlyList<string> missing) =
            await GuestSearch.FindAsync(client, names, new GuestQuery(), token).ConfigureAwait(false);
        await PostAsync(
            () =>
            {
                WriteGuests(found);
                foreach (string name in missing)
                {
                    WriteProblem(GuestSearch.NotFound(client.HostName, name), name);
                }
            },
            token).ConfigureAwait(false);
    });

    private void GetById(IReadOnlyList<LightVMClient> clients, IReadOnlyList<Guid> ids) => ForEachHost(clients, async (client, token) =>
    {
        foreach (Guid id in ids)
        {
            try
            {
                Guest guest = await client.Guests.GetAsync(id, token).ConfigureAwait(false);
                await PostAsync(() => WriteGuests([guest]), token).ConfigureAwait(false);
            }
            catch (LightVMException e) when (e.Problem.Code == ErrorCodes.GuestNotFound)
            {
                await PostAsync(() => WriteProblem(e, id), token).ConfigureAwait(false);
            }
        }
    });

    private void WriteGuests(IReadOnlyList<Guest> guests)
    {
        IReadOnlyDictionary<string, string>? labels = Labels is { } given ? LabelTable.From(given) : null;
        foreach (Guest guest in guests)
        {
            if ((State is null || State.Contains(guest.State)) && LabelTable.Matches(labels, guest.Labels))
            {
                WriteObject(guest);
            }
        }
    }
}
