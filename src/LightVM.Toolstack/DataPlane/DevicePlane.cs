using System.Runtime.InteropServices;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// Tells lightvm-io of networks and devices: at a start, when devices come to a running guest, and all of it again when the
/// connection is made anew. What a guest is to have is in its record; lightvm-io is made to agree with that.
/// </summary>
internal sealed class DevicePlane(ToolstackParts parts, DataPlane plane)
{
    /// <summary>I/O that a killed lightvm-io has left keeps a disk's lock; disks of all kinds have ended theirs by then.</summary>
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(1);
    private readonly Lock _sync = new();
    private readonly HashSet<Guid> _told = []; // networks that this connection has been told of

    /// <summary>Told of devices that are not there although they are to be. On any thread.</summary>
    public required Action<ManagedGuest, string> Fault { get; init; }

    /// <summary>Says all networks, on a new connection, before its guests.</summary>
    public void AnnounceNetworks()
    {
        lock (_sync)
        {
            _told.Clear();
        }

        foreach (Network network in parts.Networks.List())
        {
            try
            {
                Announce(network.Name);
            }
            catch (LightVMException e)
            {
                parts.Log(LogSeverity.Error, $"lightvm-io cannot be told of network '{network.Name}': {e.Message}");
            }
        }
    }

    /// <summary>
    /// A network is other than it was. One without adapters is made anew, since its TAP, or all of it, may be another; lightvm-io
    /// keeps one with adapters, whose TAP stays. Of a bridge it knows the adapters alone, which are told again.
    /// </summary>
    public void NetworkChanged(string name)
    {
        try
        {
            if (parts.Networks.Find(name) is { } network)
            {
                NetworkRemoved(network.Id);
                if (Announce(name) is null)
                {
                    AdaptersAgain(name);
                }
            }
        }
        catch (LightVMException e)
        {
            parts.Log(LogSeverity.Error, $"lightvm-io cannot be told of the change of network '{name}': {e.Message}");
        }
    }

    private void AdaptersAgain(string network)
    {
        foreach (ManagedGuest guest in parts.Guests.All.Where(guest => guest.Record.Adapters.Any(adapter => adapter.Network == network)))
        {
            Background(AdaptersAgainAsync(guest, network), guest);
        }
    }

    private async Task AdaptersAgainAsync(ManagedGuest guest, string network)
    {
        await guest.Gate.WaitAsync().ConfigureAwait(false); // whoever changes devices holds it until the record says so
        try
        {
            lock (guest.Sync)
            {
                if (guest.Life is { WantsAttached: true } life)
                {
                    foreach (AdapterRecord adapter in guest.Record.Adapters.Where(adapter => adapter.Network == network))
                    {
                        NetAgain(guest, life, adapter);
                    }
                }
            }
        }
        finally
        {
            guest.Gate.Release();
        }
    }

    public void NetworkRemoved(Guid id)
    {
        // Sent under the lock: whoever sends an adapter of it sends the network again after this, or has it refused (EBUSY).
        lock (_sync)
        {
            _told.Remove(id);
            _ = plane.NetworkRemoveAsync(id);
        }
    }

    /// <summary>Sends all devices of a life that begins. The caller holds the guest's Sync, and has sent the attach.</summary>
    /// <exception cref="LightVMException">A network that is not there.</exception>
    /// <exception cref="IOException">A journal cannot be made.</exception>
    public void Begin(ManagedGuest guest, Life life, OpenDisks disks) => Begin(guest, life, disks, Told(guest));

    /// <summary>As <see cref="Begin(ManagedGuest, Life, OpenDisks)"/>, for a guest whose memory knows what it was told of its adapters in an earlier life.</summary>
    public void BeginRestored(ManagedGuest guest, Life life, OpenDisks disks) => Begin(guest, life, disks, guest.Record);

    private void Begin(ManagedGuest guest, Life life, OpenDisks disks, GuestRecord record)
    {
        life.Devices.Expect(DeviceSlots.Count(record));
        foreach (AdapterRecord adapter in record.Adapters)
        {
            SendNet(guest, life, adapter, result => life.Devices.Answer(Failure("adapter", adapter.Id, result)));
        }

        foreach (OpenDisk disk in disks.All)
        {
            using SafeFileHandle journal = parts.DeviceFiles.NewJournal(guest.Id, disk.Record.Id);
            plane.Block(
                DeviceMessages.Of(guest.Id, life, disk), disk.File, journal, result => life.Devices.Answer(Failure("disk", disk.Record.Id, result)));
        }
    }

    /// <summary>The adapters as a life that begins is told of them: those that came to know another MTU did so in an earlier life.</summary>
    private GuestRecord Told(ManagedGuest guest)
    {
        IReadOnlyList<AdapterRecord> before = guest.Record.Adapters;
        if (before.Count == 0)
        {
            return guest.Record;
        }

        AdapterRecord[] told = [.. before.Select(adapter => WithMtu(adapter))];
        return told.SequenceEqual(before) ? guest.Record : guest.Update(record => record with { Adapters = told });
    }

    /// <summary>The adapter as a guest that gets it now is told of it.</summary>
    public AdapterRecord WithMtu(AdapterRecord adapter) => adapter with { Mtu = parts.Networks.FindMtu(adapter.Network) };

    /// <summary>
    /// Sends all devices of a life again, to a lightvm-io that has none of them. The guest may find others: those that the one
    /// before offered, and was killed before it could say so. The caller holds the guest's Sync.
    /// </summary>
    public void Again(ManagedGuest guest, Life life)
    {
        Background(SweepAsync(guest, life), guest);
        foreach (AdapterRecord adapter in guest.Record.Adapters)
        {
            NetAgain(guest, life, adapter);
        }

        foreach (DiskRecord disk in guest.Record.Disks)
        {
            Background(BlockAgainAsync(guest, life, disk), guest);
        }
    }

    private async Task SweepAsync(ManagedGuest guest, Life life)
    {
        IoResult result = await plane.DevicesAsync(DeviceMessages.Of(guest.Record, life)).ConfigureAwait(false);
        if (result is { Answered: true, Succeeded: false } && result.ErrorNumber != Errno.ENOENT)
        {
            parts.Log(
                LogSeverity.Warning,
                $"'{guest.Name}' may still find devices that no answer confirmed: lightvm-io could not take them away (step '{result.Step}', errno {result.ErrorNumber}).");
        }
    }

    /// <summary>
    /// Has a lightvm-io that holds the guest hold the devices of its record and no others: an addition that no answer confirmed is
    /// taken back, what a crash cut off is completed.
    /// </summary>
    public void Agree(ManagedGuest guest, Life life) => Background(AgreeAsync(guest, life), guest);

    private async Task AgreeAsync(ManagedGuest guest, Life life)
    {
        await guest.Gate.WaitAsync().ConfigureAwait(false); // whoever changes devices holds it until the record says so
        try
        {
            (IoResult result, IReadOnlyList<IoMessages.Counted> counted) = await plane.CountersAsync(guest.Id, life.Domain).ConfigureAwait(false);
            if (!result.Succeeded || guest.Life != life)
            {
                return; // gone again, and then told all of it; or the guest has ended
            }

            GuestRecord record = guest.Record;
            HashSet<DeviceKey> present = [.. counted.Select(device => new DeviceKey(device.Type, device.Id))];
            foreach (DeviceKey device in present.Where(device => !Has(record, device)))
            {
                parts.Log(LogSeverity.Information, $"'{guest.Name}' loses {device.Type} {device.Id}, which no answer confirmed.");
                await plane.DeviceRemoveAsync(guest.Id, life.Domain, device, force: true).ConfigureAwait(false);
            }

            lock (guest.Sync)
            {
                foreach (AdapterRecord adapter in record.Adapters)
                {
                    NetAgain(guest, life, adapter); // changes nothing, but for a rate that was not told
                }

                foreach (DiskRecord disk in record.Disks.Where(disk => !present.Contains(new DeviceKey(NoxsType.Block, (ushort)disk.Id))))
                {
                    Background(BlockAgainAsync(guest, life, disk), guest);
                }
            }
        }
        finally
        {
            guest.Gate.Release();
        }
    }

    /// <summary>Adds an adapter to a running guest, or changes its rate.</summary>
    /// <exception cref="LightVMException">A network that is not there.</exception>
    public Task<IoResult> NetAsync(ManagedGuest guest, Life life, AdapterRecord adapter)
    {
        var answered = new TaskCompletionSource<IoResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        SendNet(guest, life, adapter, result => answered.TrySetResult(result));
        return answered.Task;
    }

    /// <summary>Adds a disk to a running guest.</summary>
    /// <exception cref="IOException">Its journal cannot be made.</exception>
    public Task<IoResult> BlockAsync(ManagedGuest guest, Life life, OpenDisk disk)
    {
        var answered = new TaskCompletionSource<IoResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        using SafeFileHandle journal = parts.DeviceFiles.NewJournal(guest.Id, disk.Record.Id);
        plane.Block(DeviceMessages.Of(guest.Id, life, disk), disk.File, journal, result => answered.TrySetResult(result));
        return answered.Task;
    }

    public Task<IoResult> RemoveAsync(ManagedGuest guest, Life life, DeviceKey device, bool force) =>
        plane.DeviceRemoveAsync(guest.Id, life.Domain, device, force);

    public static bool Has(GuestRecord record, DeviceKey device) => device.Type switch
    {
        NoxsType.Net => record.Adapters.Any(adapter => adapter.Id == device.Id),
        NoxsType.Block => record.Disks.Any(disk => disk.Id == device.Id),
        _ => false,
    };

    private static string? Failure(string what, int id, IoResult result) => result is { Answered: true, Succeeded: false }
        ? $"lightvm-io cannot give it {what} {id} (step '{result.Step}', errno {result.ErrorNumber})"
        : null;

    private void NetAgain(ManagedGuest guest, Life life, AdapterRecord adapter)
    {
        try
        {
            SendNet(guest, life, adapter, result => FaultOf(guest, life, "adapter", adapter.Id, result));
        }
        catch (LightVMException e)
        {
            Fault(guest, $"adapter {adapter.Id} cannot be given to it again: {e.Message}");
        }
    }

    private async Task BlockAgainAsync(ManagedGuest guest, Life life, DiskRecord disk)
    {
        var key = new DeviceKey(NoxsType.Block, (ushort)disk.Id);
        TimeSpan pause = TimeSpan.FromMilliseconds(10);
        for (TimeSpan waited = TimeSpan.Zero; ;)
        {
            try
            {
                using OpenDisk? open = Disks.TryOpen(guest, disk);
                if (open is not null)
                {
                    using SafeFileHandle journal = parts.DeviceFiles.ReopenJournal(guest.Id, disk.Id);
                    plane.Block(DeviceMessages.Of(guest.Id, life, open), open.File, journal, result => FaultOf(guest, life, "disk", disk.Id, result));
                    return;
                }
            }
            catch (Exception e) when (e is LightVMException or IOException or XenException)
            {
                Fault(guest, $"disk {disk.Id} cannot be given to it again: {e.Message}");
                return;
            }

            if (waited > LockPatience)
            {
                Fault(guest, $"disk {disk.Id} ('{disk.Path}') cannot be given to it again: somebody else holds its lock");
                return;
            }

            await Task.Delay(pause).ConfigureAwait(false);
            waited += pause;
            pause = pause * 2 < LongestRetry ? pause * 2 : LongestRetry;
            if (guest.Life != life || !life.WantsAttached || !guest.Record.Disks.Contains(disk))
            {
                return;
            }

            (IoResult result, IReadOnlyList<IoMessages.Counted> counted) = await plane.CountersAsync(guest.Id, life.Domain).ConfigureAwait(false);
            if (!result.Succeeded || counted.Any(device => device.Type == key.Type && device.Id == key.Id))
            {
                return; // it is lightvm-io's own by now; or that has gone again, and is told all of it when it is back
            }
        }
    }

    private void FaultOf(ManagedGuest guest, Life life, string what, int id, IoResult result)
    {
        if (Failure(what, id, result) is { } failure && result.ErrorNumber != Errno.ENOENT && guest.Life == life)
        {
            Fault(guest, failure);
        }
    }

    private void SendNet(ManagedGuest guest, Life life, AdapterRecord adapter, Action<IoResult> done)
    {
        if (!guest.Leases.TryGetValue(adapter.Id, out AddressLease? lease))
        {
            throw new LightVMException(
                ErrorCodes.NetworkNotFound,
                $"Guest '{guest.Name}': the network '{adapter.Network}' of its adapter {adapter.Id} is not there, or that adapter's addresses are another's.",
                guest.Name,
                "Remove that adapter and add one that is as you want it.");
        }

        if (lease.OnBridge)
        {
            using SafeHandle tap = parts.Networks.CreateBridgeTap(lease, guest.Id, adapter.Id);
            Network bridge = parts.Networks.Find(adapter.Network)!;
            plane.Net(DeviceMessages.Of(guest.Id, life, adapter, lease, null, adapter.MtuOf(bridge.Mtu), bridge.Trusted), tap, done);
            return;
        }

        lock (_sync)
        {
            IoNetwork network = Announce(adapter.Network)!;
            plane.Net(DeviceMessages.Of(guest.Id, life, adapter, lease, network, adapter.MtuOf(network.Mtu)), null, done);
        }
    }

    /// <summary>Tells of a network, once a connection.</summary>
    /// <returns>Null: it is a bridge, of which lightvm-io knows nothing.</returns>
    private IoNetwork? Announce(string name)
    {
        if (parts.Networks.DescribeForIo(name) is not { } network)
        {
            return null;
        }

        // Under the lock, so that nobody sends an adapter of it before it is sent.
        lock (_sync)
        {
            if (!_told.Contains(network.Id))
            {
                using SafeHandle tap = parts.Networks.OpenTapQueue(name);
                Task<IoResult> told = plane.NetworkAsync(DeviceMessages.Of(network), tap);
                _told.Add(network.Id);
                told.ContinueWith(
                    t =>
                    {
                        if (t.Result is { Answered: true, Succeeded: false } result)
                        {
                            parts.Log(LogSeverity.Error, $"lightvm-io refuses network '{name}' (step '{result.Step}', errno {result.ErrorNumber}).");
                        }
                    },
                    TaskScheduler.Default);
            }
        }

        return network;
    }

    /// <summary>Runs what nobody waits for; what no one foresaw is logged.</summary>
    private void Background(Task task, ManagedGuest guest) => task.ContinueWith(
        t => parts.Log(LogSeverity.Error, $"The devices of '{guest.Name}' could not be told again: {t.Exception!.InnerException}"),
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted,
        TaskScheduler.Default);
}
