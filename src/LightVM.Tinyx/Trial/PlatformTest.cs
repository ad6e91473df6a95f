using LightVM.Client;

namespace LightVM.Tinyx;

/// <summary>
/// What every image has to do on a host, whatever its application: to answer on its network, to take a disk and give it back (where its kernel has the
/// driver), to be saved and restored, and to be seen on its console before and after that. (That it ends when it is asked to, every trial tests.)
/// </summary>
/// <param name="client">The host.</param>
/// <param name="image">The image on it; checkpoints get its name.</param>
/// <param name="disks">Whether its kernel has a driver for disks.</param>
internal sealed class PlatformTest(LightVMClient client, Image image, bool disks)
{
    // A file that every host has; the guest can only read it.
    private const string AnyFile = "/usr/bin/lightvmd";
    private static readonly TimeSpan DevicePatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    // A port that no application has: the guest refuses it, which is an answer too.
    private const int NobodysPort = 1;
    private const int SuspendTimeoutMs = 30_000;

    /// <summary>What /init says before the application starts, and when the guest ends.</summary>
    public const string ConsoleStart = "tinyx: starts";
    public const string ConsoleEnd = "tinyx: ends";

    /// <summary>Of a guest that runs and has passed its own tests.</summary>
    /// <returns>Null, or what it does not.</returns>
    public async Task<string?> RunAsync(Guest guest, CancellationToken cancellationToken) =>
        await ConsoleAsync(guest, ConsoleStart, cancellationToken).ConfigureAwait(false)
        ?? await NetworkAsync(guest, cancellationToken).ConfigureAwait(false)
        ?? (disks ? await DiskAsync(guest, cancellationToken).ConfigureAwait(false) : null)
        ?? await SaveAndRestoreAsync(guest, cancellationToken).ConfigureAwait(false)
        ?? await NetworkAsync(guest, cancellationToken).ConfigureAwait(false);

    /// <summary>Whether its console says something.</summary>
    public async Task<string?> ConsoleAsync(Guest guest, string line, CancellationToken cancellationToken)
    {
        await foreach (ConsoleLine said in client.Console.ReadAsync(guest.Id, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (said.Text.Contains(line, StringComparison.Ordinal))
            {
                return null;
            }
        }

        return $"its console does not say '{line}'";
    }

    private async Task<string?> NetworkAsync(Guest guest, CancellationToken cancellationToken)
    {
        if (guest.Address is null)
        {
            return null; // it has no network
        }

        try
        {
            PortStream stream = await client.Ports.ConnectAsync(guest, NobodysPort, cancellationToken).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.InvalidState && e.Message.Contains("refused", StringComparison.Ordinal))
        {
            // it is there
        }
        catch (LightVMException e) when (e.Problem.Code is ErrorCodes.InvalidState or ErrorCodes.WaitTimeout)
        {
            return $"it does not answer on its network: {e.Message}";
        }

        return null;
    }

    private async Task<string?> DiskAsync(Guest guest, CancellationToken cancellationToken)
    {
        Disk disk = await client.Disks.AddAsync(guest, new DiskDefinition { Path = AnyFile, ReadOnly = true }, cancellationToken).ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(DevicePatience);
        try
        {
            while ((await client.Disks.ListAsync(guest, cancellationToken: limit.Token).ConfigureAwait(false)).First(d => d.Id == disk.Id).State != DeviceState.Connected)
            {
                await Task.Delay(Pause, limit.Token).ConfigureAwait(false);
            }

            await client.Disks.RemoveAsync(guest, disk.Id, cancellationToken: cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"it does not connect to a disk within {DevicePatience.TotalSeconds:0} seconds";
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.DeviceTimeout)
        {
            return $"it does not give a disk back: {e.Message}";
        }
    }

    private async Task<string?> SaveAndRestoreAsync(Guest guest, CancellationToken cancellationToken)
    {
        var save = new SaveGuestsRequest { Ids = [guest.Id], CheckpointName = image.Name, TimeoutMs = SuspendTimeoutMs };
        try
        {
            if ((await client.Checkpoints.SaveAsync(save, null, cancellationToken).ConfigureAwait(false)).Results[0].Problem is { } notSaved)
            {
                return $"it cannot be saved: {notSaved.Detail}";
            }

            var restore = new RestoreGuestsRequest { Checkpoints = [image.Name] };
            return (await client.Checkpoints.RestoreAsync(restore, null, cancellationToken).ConfigureAwait(false)).Results[0].Problem is { } notRestored
                ? $"it cannot be restored: {notRestored.Detail}"
                : null;
        }
        finally
        {
            await RemoveCheckpointAsync().ConfigureAwait(false);
        }
    }

    private async Task RemoveCheckpointAsync()
    {
        using var limit = new CancellationTokenSource(ImageTrial.CleaningTime);
        try
        {
            await client.Checkpoints.RemoveAsync(image.Name, force: true, limit.Token).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.CheckpointNotFound)
        {
            // restored, or never made
        }
    }
}
