using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Removes checkpoints; one that a guest is saved in is refused without -Force.</summary>
/// <example>
/// <code>Remove-LightVMCheckpoint web-*</code>
/// Removes those checkpoints from the default host, after asking.
/// </example>
[Cmdlet(
    VerbsCommon.Remove, "LightVMCheckpoint", SupportsShouldProcess = true, DefaultParameterSetName = CheckpointSet, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveLightVMCheckpointCommand : NamedCmdlet<Checkpoint>
{
    private const string CheckpointSet = "Checkpoint";

    /// <summary>Checkpoints, as Get-LightVMCheckpoint writes them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = CheckpointSet)]
    [ValidateNotNullOrEmpty]
    [Alias("InputObject")]
    public Checkpoint[] Checkpoint { get; set; } = [];

    /// <summary>Names of checkpoints; wildcards are permitted.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("CheckpointName")]
    [ArgumentCompleter(typeof(CheckpointNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Removes it although a guest is saved in it: that guest is Stopped then, and its memory is lost.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override NamedSearch<Checkpoint> Search => CheckpointSearch.Checkpoints;

    private protected override IReadOnlyList<Checkpoint> Given => Checkpoint;

    private protected override IReadOnlyList<string> GivenNames => Name;

    private protected override void Process(LightVMClient client, Checkpoint thing)
    {
        string target = $"checkpoint {thing.Name} on {client.HostName}" + (thing.InUse && Force ? $", in which guest {thing.GuestName} is saved" : "");
        if (ShouldProcess(target, "Remove"))
        {
            Run(token => client.Checkpoints.RemoveAsync(thing.Name, Force, token));
        }
    }
}
