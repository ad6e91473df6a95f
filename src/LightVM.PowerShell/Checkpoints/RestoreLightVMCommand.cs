using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Brings guests back from checkpoints: they go on where they were saved. A guest that is there takes its memory of then; one that was
/// removed, or lives on another host no more, is made anew with its name, id and addresses. What runs is never doubled.
/// </summary>
/// <example>
/// <code>Restore-LightVM before-update</code>
/// Restores that checkpoint into its guest, which must be stopped.
/// </example>
/// <example>
/// <code>Restore-LightVM -Name web</code>
/// Restores the newest checkpoint of a guest.
/// </example>
/// <example>
/// <code>Restore-LightVM -Path ./web.lvmck -HostName xen2</code>
/// Brings a file to a host, and the guest in it back.
/// </example>
[Cmdlet(VerbsData.Restore, "LightVM", SupportsShouldProcess = true, DefaultParameterSetName = CheckpointSet)]
[OutputType(typeof(Guest))]
public sealed class RestoreLightVMCommand : HostCmdlet
{
    private const string CheckpointSet = "Checkpoint";
    private const string CheckpointNameSet = "CheckpointName";
    private const string NameSet = "Name";
    private const string PathSet = "Path";

    /// <summary>Checkpoints, as Get-LightVMCheckpoint and Save-LightVM write them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = CheckpointSet)]
    [ValidateNotNullOrEmpty]
    [Alias("InputObject")]
    public Checkpoint[] Checkpoint { get; set; } = [];

    /// <summary>Names of checkpoints; wildcards are permitted.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = CheckpointNameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(CheckpointNameCompleter))]
    public string[] CheckpointName { get; set; } = [];

    /// <summary>Names of guests, of each of which the newest checkpoint is restored; of one that is Saved, the one that it is saved in.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Alias("VMName")]
    [ArgumentCompleter(typeof(GuestNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Files that Save-LightVM -Path has written. Each is verified here and on the host before anything of it is used.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath")]
    public string[] Path { get; set; } = [];

    /// <summary>Restores although the guest's disks have changed since, or the guest is saved in another checkpoint, which is given up.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The host; the default host otherwise.</summary>
    [Parameter(ParameterSetName = CheckpointNameSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [Alias("ComputerName")]
    [ArgumentCompleter(typeof(HostNameCompleter))]
    public string? HostName { get; set; }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == CheckpointSet)
        {
            foreach (IGrouping<string?, Checkpoint> group in Checkpoint.GroupBy(checkpoint => checkpoint.HostName))
            {
                Restore(ClientOf(group.Key), [.. group]);
            }

            return;
        }

        try
        {
            LightVMClient client = ClientOf(HostName);
            if (ParameterSetName == PathSet)
            {
                foreach (string path in Path)
                {
                    RestoreFile(client, GetUnresolvedProviderPathFromPSPath(path));
                }

                return;
            }

            Restore(client, ParameterSetName == NameSet ? NewestOf(client) : Named(client));
        }
        catch (LightVMException e)
        {
            WriteProblem(e);
        }
    }

    private List<Checkpoint> Named(LightVMClient client)
    {
        (IReadOnlyList<Checkpoint> found, IReadOnlyList<string> missing) =
            Run(token => CheckpointSearch.Checkpoints.FindAsync(client, CheckpointName, token));
        foreach (string name in missing)
        {
            WriteProblem(CheckpointSearch.Checkpoints.NotFound(client.HostName, name), name);
        }

        return [.. found];
    }

    private List<Checkpoint> NewestOf(LightVMClient client)
    {
        IReadOnlyList<Checkpoint> all = Run(client.Checkpoints.ListAsync);
        var chosen = new List<Checkpoint>();
        foreach (string name in Name)
        {
            Checkpoint? newest = all.Where(checkpoint => checkpoint.GuestName == name).OrderBy(checkpoint => checkpoint.InUse).ThenBy(checkpoint => checkpoint.CreationTime).LastOrDefault();
            if (newest is null)
            {
                WriteProblem(
                    new Problem
                    {
                        Code = ErrorCodes.CheckpointNotFound,
                        Detail = $"There is no checkpoint of a guest '{name}' on {client.HostName}.",
                        Target = name,
                        Recommendation = $"See which there are: Get-LightVMCheckpoint -HostName {client.HostName}",
                    },
                    name);
                continue;
            }

            chosen.Add(newest);
        }

        return chosen;
    }

    private void Restore(LightVMClient client, IReadOnlyList<Checkpoint> checkpoints)
    {
        List<Checkpoint> chosen = [.. checkpoints.Where(checkpoint => ShouldProcess(TargetOf(checkpoint, client), "Restore"))];
        foreach (Checkpoint[] chunk in chosen.Chunk(CreateGuestsRequest.MaxBatch))
        {
            ForEachHost([client], (_, token) => RestoreAsync(client, [.. chunk.Select(checkpoint => checkpoint.Name)], token));
        }
    }

    private static string TargetOf(Checkpoint checkpoint, LightVMClient client) => $"checkpoint {checkpoint.Name} of guest {checkpoint.GuestName} on {client.HostName}" +
        (checkpoint.HasDiskCopies ? ", whose disks become again what they were" : "");

    private async Task RestoreAsync(LightVMClient client, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var request = new RestoreGuestsRequest { Checkpoints = names, Force = Force };
        IReadOnlyList<GuestResult> results = await OperationRunner.RunAsync(
            client, "Restoring guests", record => TryPost(() => WriteProgress(record)), progress => client.Checkpoints.RestoreAsync(request, progress, cancellationToken))
            .ConfigureAwait(false);
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
    }

    private void RestoreFile(LightVMClient client, string path)
    {
        try
        {
            (string name, string guest) = Run(token => CheckpointsApi.ReadFileAsync(path, token));
            if (!ShouldProcess($"file {path} of guest {guest} on {client.HostName}", "Restore"))
            {
                return;
            }

            // A name of its own: what the host has under that name already, perhaps this very file, stays as it is.
            string own = $"{name[..Math.Min(name.Length, 110)].TrimEnd('-')}-{Guid.NewGuid().ToString("N")[..8]}";
            Run(async token =>
            {
                long size = new FileInfo(path).Length;
                await using (var progress = new TransferProgress($"Bringing {path} to {client.HostName}", size, record => TryPost(() => WriteProgress(record))))
                {
                    await client.Checkpoints.UploadAsync(own, path, automatic: true, progress, token).ConfigureAwait(false);
                }

                await RestoreAsync(client, [own], token).ConfigureAwait(false);
                await DropAsync(client, own).ConfigureAwait(false);
            });
        }
        catch (LightVMException e)
        {
            WriteProblem(e, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteProblem(new LightVMException(ErrorCodes.CheckpointNotFound, $"'{path}' cannot be read: {e.Message}", path, "Give a file that Save-LightVM -Path has written."), path);
        }
    }

    /// <summary>It has gone by itself where it was restored; where it was refused it has nothing to do on the host.</summary>
    private static async Task DropAsync(LightVMClient client, string name)
    {
        try
        {
            await client.Checkpoints.RemoveAsync(name).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.CheckpointNotFound)
        {
            // As it should be.
        }
    }
}
