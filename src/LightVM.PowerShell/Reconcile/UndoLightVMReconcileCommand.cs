using System.Management.Automation;
using LightVM.Client;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>
/// Goes back to what a fleet was: applies the spec of an earlier revision, with the files and images of then, as a new revision. It plans
/// and applies like Invoke-LightVMReconcile, and writes one result for each step. The spec file stays as it is: what it says now is drift
/// afterwards.
/// </summary>
/// <example>
/// <code>Undo-LightVMReconcile web -WhatIf</code>
/// Shows what going back to the last revision that held, and had another spec than the present one, would do.
/// </example>
/// <example>
/// <code>Undo-LightVMReconcile web -Revision 3</code>
/// Makes fleet web as it was at revision 3.
/// </example>
[Cmdlet(VerbsCommon.Undo, "LightVMReconcile", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(ReconcileResult))]
public sealed class UndoLightVMReconcileCommand : ReconcileCmdlet
{
    /// <summary>Name of the fleet.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FleetNameCompleter))]
    public string Fleet { get; set; } = "";

    /// <summary>Number of the revision, as Get-LightVMRevision shows it; the last one that held and had another spec than the present one otherwise.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, long.MaxValue)]
    public long? Revision { get; set; }

    /// <summary>The host, as this session names it or as Connect-LightVMHost takes it; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string? HostName { get; set; }

    /// <summary>Keeps the fleet's guests that the earlier spec does not name.</summary>
    [Parameter]
    public SwitchParameter NoPrune { get; set; }

    /// <summary>Writes a result for what needed no change too.</summary>
    [Parameter]
    public SwitchParameter IncludeUnchanged { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            LightVMClient client = ClientOf(HostName);
            FleetSpec spec = Run(token => LoadAsync(client, token));
            Reconcile(spec, spec.Hosts.Count > 0 ? ReconcileTarget.Of(spec) : ReconcileTarget.On(client), NoPrune, IncludeUnchanged, allowEmpty: true);
        }
        catch (LightVMException e)
        {
            ThrowProblem(e, e.Findings.Count > 0 ? e.Findings.ToArray() : e.Problem.Target);
        }
    }

    private async Task<FleetSpec> LoadAsync(LightVMClient client, CancellationToken cancellationToken)
    {
        long number = Revision
            ?? RevisionLoader.Previous(Fleet, await client.Fleets.ListRevisionsAsync(Fleet, cancellationToken).ConfigureAwait(false)).Revision;
        FleetRevision revision = await client.Fleets.GetRevisionAsync(Fleet, number, cancellationToken).ConfigureAwait(false);
        return await RevisionLoader.LoadAsync(revision, client.Images.GetManifestAsync, Secrets, cancellationToken).ConfigureAwait(false);
    }
}
