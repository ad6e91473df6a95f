using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Gets the checkpoints of hosts: guests that were saved.</summary>
/// <example>
/// <code>Get-LightVMCheckpoint</code>
/// Shows all checkpoints of the default host.
/// </example>
/// <example>
/// <code>Get-LightVM web | Get-LightVMCheckpoint</code>
/// Shows those of one guest.
/// </example>
[Cmdlet(VerbsCommon.Get, "LightVMCheckpoint", DefaultParameterSetName = VMSet)]
[OutputType(typeof(Checkpoint))]
public sealed class GetLightVMCheckpointCommand : HostCmdlet
{
    private const string VMSet = "VM";
    private const string NameSet = "Name";

    /// <summary>Names of checkpoints; wildcards are permitted.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("CheckpointName")]
    [ArgumentCompleter(typeof(CheckpointNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Only those of these guests, also such as were saved under an earlier name.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = VMSet)]
    [ValidateNotNullOrEmpty]
    [Alias("InputObject")]
    public Guest[]? VM { get; set; }

    /// <summary>The hosts to look on; those of the guests, or the default host, otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        string[]? hosts = HostName ?? VM?.Select(guest => guest.HostName).OfType<string>().ToArray();
        ForEachHost(ClientsOf(hosts), async (client, token) =>
        {
            (IReadOnlyList<Checkpoint> found, IReadOnlyList<string> missing) =
                await CheckpointSearch.Checkpoints.FindAsync(client, Name ?? ["*"], token).ConfigureAwait(false);
            await PostAsync(
                () =>
                {
                    WriteObject(VM is null ? found : found.Where(checkpoint => VM.Any(guest => guest.Id == checkpoint.GuestId)), enumerateCollection: true);
                    foreach (string name in missing)
                    {
                        WriteProblem(CheckpointSearch.Checkpoints.NotFound(client.HostName, name), name);
                    }
                },
                token).ConfigureAwait(false);
        });
    }
}
