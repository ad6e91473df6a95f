using System.Collections;
using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Makes clones of guests, or of checkpoints: guests with names, ids, addresses and random numbers of their own that go on, with its memory,
/// where the source is. A source that runs stands still for a moment and goes on. Writes the clones when the daemon has confirmed them.
/// </summary>
/// <example>
/// <code>Copy-LightVM web -Count 3</code>
/// Makes web-1 to web-3 of a guest that runs.
/// </example>
/// <example>
/// <code>Copy-LightVM -CheckpointName warm -Count 100 -NewName 'load-*'</code>
/// Makes load-1 to load-100 of a checkpoint.
/// </example>
/// <example>
/// <code>Copy-LightVM db -NewName db-test -CopyDisks</code>
/// Makes one clone, whose disks are copies, also where the file system cannot share them.
/// </example>
[Cmdlet(VerbsCommon.Copy, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Guest))]
public sealed class CopyLightVMCommand : HostCmdlet
{
    private const string VMSet = "VM";
    private const string NameSet = "Name";
    private const string CheckpointSet = "Checkpoint";
    private const string CheckpointNameSet = "CheckpointName";

    // A batch of this size and more, and one of a guest of that memory, runs as an operation of the daemon, which tells its progress and can be canceled.
    private const int OperationSize = 8;
    private const long OperationMemory = 64L << 20;

    private readonly List<Source> sources = [];

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

    /// <summary>Checkpoints, as Get-LightVMCheckpoint and Save-LightVM write them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = CheckpointSet)]
    [ValidateNotNullOrEmpty]
    public Checkpoint[] Checkpoint { get; set; } = [];

    /// <summary>Names of checkpoints; wildcards are permitted.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CheckpointNameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(CheckpointNameCompleter))]
    public string[] CheckpointName { get; set; } = [];

    /// <summary>How many clones of each; one otherwise.</summary>
    [Parameter]
    [ValidateRange(1, CreateGuestsRequest.MaxBatch)]
    public int Count { get; set; }

    /// <summary>The clones' name. A * in it is their number; without one, the number comes after it if -Count was given. The name of the source and a number otherwise.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    /// <summary>Labels of each clone in place of the source's, such as @{ tier = 'test' }.</summary>
    [Parameter]
    [ValidateNotNull]
    [Alias("Label")]
    public Hashtable? Labels { get; set; }

    /// <summary>Ports of the host that lead to a port of the clone, if it is one alone: 8080:80. Those of the source stay its own.</summary>
    [Parameter]
    [PublishArgument]
    [AllowEmptyCollection]
    public PublishedPort[]? Publish { get; set; }

    /// <summary>Copies disks that the guest writes to where the file system cannot share them (reflink).</summary>
    [Parameter]
    public SwitchParameter CopyDisks { get; set; }

    /// <summary>Seconds that a running guest has to suspend itself.</summary>
    [Parameter]
    [ValidateRange(0, 86_400)]
    public int Timeout { get; set; } = 10;

    /// <summary>The hosts to look on; the default host otherwise.</summary>
    [Parameter(ParameterSetName = NameSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = CheckpointNameSet)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string[]? HostName { get; set; }

    protected override void ProcessRecord()
    {
        sources.AddRange(VM.Select(Source.Of));
        sources.AddRange(Checkpoint.Select(Source.Of));
        if (ParameterSetName is NameSet or CheckpointNameSet)
        {
            ForEachHost([.. ClientsOf(HostName)], ParameterSetName == NameSet ? FindGuestsAsync : FindCheckpointsAsync);
        }
    }

    protected override void EndProcessing()
    {
        if (NewName is not null && sources.Count > 1)
        {
            ThrowProblem(new LightVMException(
                ErrorCodes.InvalidArgument, $"Clones of {sources.Count} sources cannot all be called '{NewName}'.", NewName, "Copy one at a time, or leave -NewName out."));
        }

        foreach (Source source in sources)
        {
            try
            {
                LightVMClient client = ClientOf(source.HostName);
                IReadOnlyList<string> names = CloneNames.Of(source.Name, NewName, Count);
                string clones = names.Count == 1 ? names[0] : $"{names[0]} to {names[^1]}";
                if (ShouldProcess($"{source.Text} on {client.HostName}", $"Copy to {clones}"))
                {
                    WriteVerbose($"Asking {client.HostName} to copy {source.Text} to {clones}.");
                    ForEachHost([client], (_, token) => CopyAsync(client, source, names, token));
                }
            }
            catch (LightVMException e)
            {
                WriteProblem(e, source.Name);
            }
        }
    }

    private async Task FindGuestsAsync(LightVMClient client, CancellationToken cancellationToken)
    {
        (IReadOnlyList<Guest> found, IReadOnlyList<string> missing) =
            await GuestSearch.FindAsync(client, new GuestNames(Name), new GuestQuery(), cancellationToken).ConfigureAwait(false);
        await AddAsync(found.Select(Source.Of), missing.Select(name => (GuestSearch.NotFound(client.HostName, name), name)), cancellationToken).ConfigureAwait(false);
    }

    private async Task FindCheckpointsAsync(LightVMClient client, CancellationToken cancellationToken)
    {
        (IReadOnlyList<Checkpoint> found, IReadOnlyList<string> missing) =
            await CheckpointSearch.Checkpoints.FindAsync(client, CheckpointName, cancellationToken).ConfigureAwait(false);
        await AddAsync(
            found.Select(Source.Of), missing.Select(name => (CheckpointSearch.Checkpoints.NotFound(client.HostName, name), name)), cancellationToken).ConfigureAwait(false);
    }

    private ValueTask AddAsync(IEnumerable<Source> found, IEnumerable<(Problem Problem, string Name)> missing, CancellationToken cancellationToken) => PostAsync(
        () =>
        {
            foreach ((Problem problem, string name) in missing)
            {
                WriteProblem(problem, name);
            }

            sources.AddRange(found);
        },
        cancellationToken);

    private async Task CopyAsync(LightVMClient client, Source source, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var request = new CopyGuestsRequest
        {
            Names = names,
            Labels = Labels is { } labels ? LabelTable.From(labels) : null,
            Publish = Publish is { Length: > 0 } ? Publish : null,
            CopyDisks = CopyDisks,
            TimeoutMs = Timeout * 1000,
        };
        IReadOnlyList<GuestResult> results = names.Count < OperationSize && source.Memory < OperationMemory
            ? (await AskAsync(null).ConfigureAwait(false)).Results
            : await OperationRunner.RunAsync(client, "Copying guests", record => TryPost(() => WriteProgress(record)), AskAsync).ConfigureAwait(false);
        await PostAsync(
            () =>
            {
                foreach (GuestResult result in results)
                {
                    if (result.Problem is { } problem)
                    {
                        WriteProblem(problem, result.Target);
                    }
                    else
                    {
                        WriteObject(result.Guest);
                    }
                }
            },
            cancellationToken).ConfigureAwait(false);

        Task<BatchResult> AskAsync(IProgress<Operation>? progress) => source.Id is { } id
            ? client.Clones.CopyGuestAsync(id, request, progress, cancellationToken)
            : client.Clones.CopyCheckpointAsync(source.Name, request, progress, cancellationToken);
    }

    /// <param name="HostName">The host it is on.</param>
    /// <param name="Name">Of the guest or checkpoint.</param>
    /// <param name="Text">What it is, for messages.</param>
    /// <param name="Memory">Bytes of one clone.</param>
    /// <param name="Id">Of the guest; null: it is a checkpoint.</param>
    private sealed record Source(string? HostName, string Name, string Text, long Memory, Guid? Id)
    {
        public static Source Of(Guest guest) => new(guest.HostName, guest.Name, $"guest {guest.Name}", guest.Memory, guest.Id);

        public static Source Of(Checkpoint checkpoint) =>
            new(checkpoint.HostName, checkpoint.Name, $"checkpoint {checkpoint.Name}", checkpoint.Memory, null);
    }
}
