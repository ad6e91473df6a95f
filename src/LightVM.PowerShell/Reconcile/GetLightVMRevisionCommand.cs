using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Gets the history of fleets: what was applied when, by whom, and what became of its steps, newest first. A host keeps the last 20
/// revisions of each fleet.
/// </summary>
/// <example>
/// <code>Get-LightVMRevision web</code>
/// Shows the revisions of fleet web that the default host keeps.
/// </example>
/// <example>
/// <code>(Get-LightVMRevision web -Revision 3).Spec.Text</code>
/// Shows the spec as it was at revision 3.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMRevision")]
[OutputType(typeof(FleetRevision))]
public sealed class GetLightVMRevisionCommand : HostCmdlet
{
    /// <summary>Names of fleets; wildcards are permitted. All fleets otherwise.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(FleetNameCompleter))]
    public string[]? Fleet { get; set; }

    /// <summary>Numbers of revisions, which come with the spec of then; all otherwise, without their specs.</summary>
    [Parameter(Position = 1)]
    [ValidateRange(1, long.MaxValue)]
    public long[]? Revision { get; set; }

    /// <summary>The hosts to look on; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        IReadOnlyList<string> names = Fleet ?? ["*"];
        ForEachHost(ClientsOf(HostName), async (client, token) =>
        {
            (IReadOnlyList<Fleet> found, IReadOnlyList<string> missing) = await FleetSearch.Fleets.FindAsync(client, names, token).ConfigureAwait(false);
            foreach (string name in missing)
            {
                await PostAsync(() => WriteProblem(FleetSearch.Fleets.NotFound(client.HostName, name), name), token).ConfigureAwait(false);
            }

            foreach (Fleet fleet in found)
            {
                await ShowAsync(client, fleet.Name, token).ConfigureAwait(false);
            }
        });
    }

    private async Task ShowAsync(LightVMClient client, string fleet, CancellationToken cancellationToken)
    {
        if (Revision is null)
        {
            IReadOnlyList<FleetRevision> all = await client.Fleets.ListRevisionsAsync(fleet, cancellationToken).ConfigureAwait(false);
            await PostAsync(() => WriteObject(all, enumerateCollection: true), cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach (long number in Revision)
        {
            try
            {
                FleetRevision one = await client.Fleets.GetRevisionAsync(fleet, number, cancellationToken).ConfigureAwait(false);
                await PostAsync(() => WriteObject(one), cancellationToken).ConfigureAwait(false);
            }
            catch (LightVMException e) when (e.Problem.Code == ErrorCodes.RevisionNotFound)
            {
                await PostAsync(() => WriteProblem(e, number), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
