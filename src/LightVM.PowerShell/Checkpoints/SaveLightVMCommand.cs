using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Saves guests with their memory as checkpoints. The guest's domain ends and the guest is Saved: Start-LightVM or Restore-LightVM lets it
/// go on where it was. With -Keep it runs on.
/// </summary>
/// <example>
/// <code>Save-LightVM web</code>
/// Saves the guest; Start-LightVM web lets it go on.
/// </example>
/// <example>
/// <code>Save-LightVM web -Keep -CheckpointName before-update</code>
/// Takes a snapshot under a name, which stays until it is removed; the guest runs on.
/// </example>
/// <example>
/// <code>Save-LightVM web -Path ./web.lvmck</code>
/// Brings the saved guest into a file here; the host keeps nothing of its memory.
/// </example>
[Cmdlet(VerbsData.Save, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = VMSet)]
[OutputType(typeof(Checkpoint), typeof(CommandJob))]
public sealed class SaveLightVMCommand : GuestCmdlet
{
    /// <summary>The name of the checkpoint, for one guest; it stays on the host until it is removed. Otherwise one is made of the guest's name and the time.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CheckpointName { get; set; }

    /// <summary>A file, or a directory that is there, to bring the checkpoint to. It is removed from the host then, unless it has a -CheckpointName.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Lets the guest run on.</summary>
    [Parameter]
    public SwitchParameter Keep { get; set; }

    /// <summary>With -Keep: copies disks that the file system cannot share, so that memory and disks are of one moment.</summary>
    [Parameter]
    public SwitchParameter IncludeDisks { get; set; }

    /// <summary>Replaces a checkpoint, or a file, of that name.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Seconds that a guest has to suspend itself.</summary>
    [Parameter]
    [ValidateRange(0, 86_400)]
    public int Timeout { get; set; } = 10;

    /// <summary>Runs it as a job, which is written at once: Wait-Job, Receive-Job, Stop-Job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Writes the checkpoints.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process(IReadOnlyList<Guest> guests)
    {
        ArgumentNullException.ThrowIfNull(guests);
        Check(guests.Count);
        if (AsJob)
        {
            WriteJob(guests);
            return;
        }

        List<Guest> chosen = [.. guests.Where(guest => ShouldProcess($"guest {guest.Name} on {guest.HostName}", Keep ? "Save, and let run on" : "Save"))];
        IReadOnlyList<(LightVMClient Client, IReadOnlyList<Guest> Guests)> groups = ByHost(chosen);
        ForEachHost(
            [.. groups.Select(group => group.Client)],
            (client, token) => SaveAsync(client, groups.First(group => group.Client == client).Guests, token));
    }

    private void Check(int count)
    {
        string? wrong = CheckpointName is not null && count > 1 ? $"{count} guests cannot all be saved as '{CheckpointName}'."
            : IncludeDisks && !Keep ? "-IncludeDisks goes with -Keep: the disks of a guest that is Saved stay where they are, and as they are."
            : IncludeDisks && Path is not null ? "-IncludeDisks does not go with -Path: a checkpoint's file holds memory alone, copies of disks stay on the host."
            : Path is not null && count > 1 && !Directory.Exists(FileOf(Path)) ? $"{count} guests need a directory, and '{Path}' is none."
            : null;
        if (wrong is not null)
        {
            ThrowProblem(new LightVMException(ErrorCodes.InvalidArgument, wrong, null, "See Get-Help Save-LightVM."));
        }

        if (Path is not null && File.Exists(FileOf(Path)) && !Force)
        {
            ThrowProblem(new LightVMException(ErrorCodes.CheckpointExists, $"The file '{Path}' exists.", Path, "Choose another, or replace it with -Force."));
        }
    }

    private string FileOf(string path) => GetUnresolvedProviderPathFromPSPath(path);

    private async Task SaveAsync(LightVMClient client, IReadOnlyList<Guest> guests, CancellationToken cancellationToken)
    {
        foreach (Guest[] chunk in guests.Chunk(CreateGuestsRequest.MaxBatch))
        {
            var request = new SaveGuestsRequest
            {
                Ids = [.. chunk.Select(guest => guest.Id)],
                CheckpointName = CheckpointName,
                Keep = Keep,
                IncludeDisks = IncludeDisks,
                Force = Force,
                TimeoutMs = Timeout * 1000,
            };
            IReadOnlyList<GuestResult> results = await OperationRunner.RunAsync(
                client, "Saving guests", record => TryPost(() => WriteProgress(record)), progress => client.Checkpoints.SaveAsync(request, progress, cancellationToken))
                .ConfigureAwait(false);
            foreach ((Guest guest, GuestResult result) in chunk.Zip(results))
            {
                await FinishAsync(client, guest, result, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task FinishAsync(LightVMClient client, Guest guest, GuestResult result, CancellationToken cancellationToken)
    {
        Problem? problem = result.Problem;
        if (problem is null && Path is not null)
        {
            problem = await BringAsync(client, result.Checkpoint!, cancellationToken).ConfigureAwait(false);
        }

        await PostAsync(
            () =>
            {
                if (problem is not null)
                {
                    WriteProblem(problem, guest);
                    return;
                }

                Warn(result.Checkpoint!);
                if (PassThru)
                {
                    WriteObject(result.Checkpoint);
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The file comes here whole before the host's is removed: a save that fails here is a checkpoint there.</summary>
    private async Task<Problem?> BringAsync(LightVMClient client, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        string path = FileOf(Path!);
        if (Directory.Exists(path))
        {
            path = System.IO.Path.Combine(path, checkpoint.Name + CheckpointFormat.Extension);
        }

        try
        {
            await using var progress = new TransferProgress($"Bringing {checkpoint.Name} from {client.HostName}", checkpoint.Size, record => TryPost(() => WriteProgress(record)));
            await client.Checkpoints.DownloadAsync(checkpoint.Name, path, progress, cancellationToken).ConfigureAwait(false);
            if (CheckpointName is null)
            {
                await client.Checkpoints.RemoveAsync(checkpoint.Name, force: true, cancellationToken).ConfigureAwait(false);
            }

            return null;
        }
        catch (LightVMException e)
        {
            return e.Problem;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Problem
            {
                Code = ErrorCodes.InvalidArgument,
                Detail = $"Checkpoint '{checkpoint.Name}' cannot be written to '{path}': {e.Message} It is on {client.HostName}.",
                Target = path,
                Recommendation = $"Restore it there: Restore-LightVM {checkpoint.Name}.",
            };
        }
    }

    private void Warn(Checkpoint checkpoint)
    {
        if (Keep && checkpoint.MissingDisks.Count > 0)
        {
            WriteWarning(
                $"Checkpoint {checkpoint.Name} holds the memory of {checkpoint.GuestName} alone: its file system shares no blocks for {string.Join(", ", checkpoint.MissingDisks)}. " +
                "It can be restored while they are as they were; -IncludeDisks copies them.");
        }
    }
}
