using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// A cmdlet on existing guests, given as objects (set VM, the default: objects keep their host and identity) or by name (set Name).
/// Gathers over the pipeline, then hands all to <see cref="Process"/> at its end.
/// </summary>
public abstract class GuestCmdlet : HostCmdlet
{
    protected const string VMSet = "VM";
    protected const string NameSet = "Name";

    private readonly List<Guest> guests = [];
    private readonly List<(string? HostName, string Name)> names = [];
    private readonly HashSet<(string, Guid)> seen = [];

    /// <summary>Guests, as Get-LightVM and New-LightVM write them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = VMSet)]
    [ValidateNotNullOrEmpty]
    [Alias("InputObject")]
    public Guest[] VM { get; set; } = [];

    /// <summary>Names of guests; wildcards are permitted.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("VMName")]
    [ArgumentCompleter(typeof(GuestNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The hosts to look on, as this session names them or as Connect-LightVMHost takes them; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == NameSet)
        {
            foreach (string? host in HostName is { Length: > 0 } ? HostName : new string?[] { null })
            {
                names.AddRange(Name.Select(name => (host, name)));
            }

            return;
        }

        foreach (Guest guest in VM)
        {
            Add(guest);
        }
    }

    protected override void EndProcessing()
    {
        LookUp();
        if (guests.Count > 0)
        {
            Process(guests);
        }
    }

    /// <summary>Called once, with all guests that were given or found, each once, in that order; never with none.</summary>
    protected abstract void Process(IReadOnlyList<Guest> guests);

    /// <summary>Guests by the client of their host, in the order in which the hosts were met; a host that cannot be is an error for its guests.</summary>
    protected IReadOnlyList<(LightVMClient Client, IReadOnlyList<Guest> Guests)> ByHost(IEnumerable<Guest> chosen)
    {
        var groups = new List<(LightVMClient, IReadOnlyList<Guest>)>();
        foreach (IGrouping<string, Guest> group in chosen.GroupBy(g => g.HostName ?? "", StringComparer.OrdinalIgnoreCase))
        {
            try
            {
                groups.Add((ClientOf(group.Key), [.. group]));
            }
            catch (LightVMException e)
            {
                WriteProblem(e, group.Key);
            }
        }

        return groups;
    }

    /// <summary>Writes a job that does with these guests what this cmdlet was asked to.</summary>
    private protected void WriteJob(IReadOnlyList<Guest> chosen) =>
        WriteObject(CommandJob.Start(this, (nameof(VM), chosen.ToArray()), (nameof(Name), null), (nameof(HostName), null)));

    /// <summary>The same with guests that have to be looked up again.</summary>
    private protected void WriteJob(LightVMClient client, IReadOnlyList<string> sought) =>
        WriteObject(CommandJob.Start(this, (nameof(VM), null), (nameof(Name), sought.ToArray()), (nameof(HostName), new[] { client.HostName })));

    /// <summary>Has a guest looked up by its name, as if it had been given so.</summary>
    protected void AddName(string? hostName, string name) => names.Add((hostName, name));

    private void Add(Guest guest)
    {
        if (seen.Add(((guest.HostName ?? "").ToUpperInvariant(), guest.Id)))
        {
            guests.Add(guest);
        }
    }

    /// <summary>Turns names into guests: one request for each host, whatever the number of names.</summary>
    private void LookUp()
    {
        if (names.Count == 0)
        {
            return;
        }

        var wanted = new List<(LightVMClient Client, GuestNames Names)>();
        foreach (IGrouping<string, (string? HostName, string Name)> group in names.GroupBy(n => n.HostName ?? "", StringComparer.OrdinalIgnoreCase))
        {
            try
            {
                wanted.Add((ClientOf(group.Key), new GuestNames(group.Select(n => n.Name).Distinct(StringComparer.OrdinalIgnoreCase))));
            }
            catch (LightVMException e)
            {
                WriteProblem(e, group.Key);
            }
        }

        ForEachHost([.. wanted.Select(w => w.Client)], async (client, token) =>
        {
            GuestNames sought = wanted.First(w => w.Client == client).Names;
            (IReadOnlyList<Guest> found, IReadOnlyList<string> missing) = await GuestSearch.FindAsync(client, sought, new GuestQuery(), token).ConfigureAwait(false);
            await PostAsync(
                () =>
                {
                    OnMissing(client, missing);
                    foreach (Guest guest in found)
                    {
                        Add(guest);
                    }
                },
                token).ConfigureAwait(false);
        });
    }

    /// <summary>Names that no guest of a host has: an error for each, unless a cmdlet knows better.</summary>
    protected virtual void OnMissing(LightVMClient client, IReadOnlyList<string> missing)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(missing);
        foreach (string name in missing)
        {
            WriteProblem(GuestSearch.NotFound(client.HostName, name), name);
        }
    }
}
