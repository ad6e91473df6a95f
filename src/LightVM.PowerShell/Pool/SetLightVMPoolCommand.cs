using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Sets what the pools of hosts keep ready. A guest that asks for the same image, memory, vCPUs and number of devices starts from a shell
/// that is built already; its name, labels, command line, arguments and addresses are its own. Shells are made when the host has time.
/// </summary>
/// <example>
/// <code>Set-LightVMPool hello -Memory 4MB -Count 8</code>
/// Keeps eight shells of image hello ready on the default host.
/// </example>
/// <example>
/// <code>Set-LightVMPool -CheckpointName warm -Count 8</code>
/// Keeps eight clones of a checkpoint ready: Copy-LightVM -CheckpointName warm takes those first.
/// </example>
/// <example>
/// <code>Set-LightVMPool -Budget 256MB</code>
/// Lets all shells together take 256 MB of the host's memory.
/// </example>
/// <example>
/// <code>Set-LightVMPool hello -Memory 4MB -Count 0</code>
/// Keeps none of those any more.
/// </example>
[Cmdlet(VerbsCommon.Set, "LightVMPool", SupportsShouldProcess = true, DefaultParameterSetName = FlavourSet)]
[OutputType(typeof(PoolFlavour))]
public sealed class SetLightVMPoolCommand : HostCmdlet
{
    private const string FlavourSet = "Flavour";
    private const string BudgetSet = "Budget";
    private const string CheckpointSet = "Checkpoint";

    /// <summary>Names of images that shells are built from.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = FlavourSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    public string[] Image { get; set; } = [];

    /// <summary>Names of checkpoints of unikernels, of which shells are kept ready for clones.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CheckpointSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointNameCompleter))]
    public string[] CheckpointName { get; set; } = [];

    /// <summary>How many are to be ready; 0: none are kept any more.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = FlavourSet)]
    [Parameter(Mandatory = true, ParameterSetName = CheckpointSet)]
    [ValidateRange(0, 4096)]
    public int Count { get; set; }

    /// <summary>Memory of each in bytes, such as 4MB; the image's minimum otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = FlavourSet)]
    [MemorySize]
    [ValidateRange(0, long.MaxValue)]
    public long Memory { get; set; }

    /// <summary>Virtual processors of each.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = FlavourSet)]
    [ValidateRange(1, 128)]
    public int VCpuCount { get; set; } = 1;

    /// <summary>Adapters and disks that its guests have at their start, together; as many as the image brings along otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = FlavourSet)]
    [ValidateRange(0, 15)]
    public int? Devices { get; set; }

    /// <summary>Bytes that all shells of the host together may take, such as 64MB, which is what a host begins with.</summary>
    [Parameter(Mandatory = true, ParameterSetName = BudgetSet)]
    [MemorySize]
    [ValidateRange(0, long.MaxValue)]
    public long Budget { get; set; }

    /// <summary>The hosts whose pools are meant; the default host otherwise.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    /// <summary>Writes the pool's flavours as they are afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        IReadOnlyList<LightVMClient> clients = ClientsOf(HostName);
        if (ParameterSetName == BudgetSet)
        {
            var change = new PoolChange { Budget = Budget };
            List<LightVMClient> chosen = [.. clients.Where(client => ShouldProcess($"pool of {client.HostName}", "Set Budget"))];
            ForEachHost(chosen, async (client, token) =>
            {
                Pool pool = await client.Pool.ChangeAsync(change, token).ConfigureAwait(false);
                await WriteAsync(pool.Flavours, token).ConfigureAwait(false);
            });
            return;
        }

        foreach (string checkpoint in CheckpointName)
        {
            List<LightVMClient> chosen = [.. clients.Where(client => ShouldProcess($"pool of checkpoint {checkpoint} on {client.HostName}", $"Set Count {Count}"))];
            ForEachHost(chosen, async (client, token) =>
                await WriteAsync([await client.Pool.PutCheckpointAsync(checkpoint, Count, token).ConfigureAwait(false)], token).ConfigureAwait(false));
        }

        var definition = new PoolFlavourDefinition { Memory = Memory, VCpuCount = VCpuCount, Devices = Devices, Count = Count };
        foreach (string image in Image)
        {
            List<LightVMClient> chosen = [.. clients.Where(client => ShouldProcess($"pool of image {image} on {client.HostName}", $"Set Count {Count}"))];
            ForEachHost(chosen, async (client, token) =>
                await WriteAsync([await client.Pool.PutAsync(image, definition, token).ConfigureAwait(false)], token).ConfigureAwait(false));
        }
    }

    private Task WriteAsync(IReadOnlyList<PoolFlavour> flavours, CancellationToken cancellationToken) =>
        PassThru ? PostAsync(() => WriteObject(flavours, enumerateCollection: true), cancellationToken).AsTask() : Task.CompletedTask;
}
