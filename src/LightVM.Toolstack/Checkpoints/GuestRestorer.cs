using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// Brings a saved guest back: fills a new domain from the file, verifies that, gives it to lightvm-io; then the record says that it runs,
/// which is the point of no return (it may write to its disks from then on), and it is let run. The caller holds the guest's gate.
/// </summary>
internal sealed class GuestRestorer(ToolstackParts parts, GuestStarter starter)
{
    private static readonly TimeSpan PrepareDelay = TimeSpan.FromMilliseconds(50);

    private readonly CheckpointDisks _disks = new(parts);
    private readonly PhaseTimings<RestorePhase> _timings = new("restores", parts.Options.Log);

    /// <summary>Restores into a guest that has no domain. A failure leaves it as it was; nothing of the checkpoint is changed.</summary>
    /// <param name="force">Whether disks may have changed since.</param>
    /// <exception cref="LightVMException">
    /// CheckpointInvalid, DiskChanged, DiskInUse, ImageNotFound, OutOfMemory, DataPlaneUnavailable, StartTimeout, InvalidState.
    /// </exception>
    public async Task RestoreAsync(ManagedGuest guest, StoredCheckpoint stored, bool force, StartClock clock, SaveProgress? progress)
    {
        starter.Require(guest);
        await parts.Plane.RequireAsync(guest.Name).ConfigureAwait(false);
        GuestRecord before = guest.Record;
        Life? life = null;
        var phases = new PhaseClock<RestorePhase>();
        try
        {
            life = await Task.Run(() => Fill(guest, stored, force, phases, progress)).ConfigureAwait(false);
            await starter.RequireDevicesAsync(guest, life).ConfigureAwait(false);
            phases.Mark(RestorePhase.Devices);
            Commit(guest, life, stored);
            phases.Mark(RestorePhase.Confirm);
            StartOutcome outcome = await RunAsync(guest, life).ConfigureAwait(false);
            guest.Update(record => record with { StartupTime = Stopwatch.GetElapsedTime(clock.Begin, outcome.FirstEventTimestamp), RestartCount = 0 });
            phases.Mark(RestorePhase.FirstEvent);
            _timings.Add(phases.Phases);
        }
        catch (Exception e)
        {
            if (life is not null && guest.Life == life)
            {
                await starter.DestroyAsync(guest, life).ConfigureAwait(false);
            }

            parts.Resources.Unpublish(guest);
            guest.Update(record => before);
            parts.Records.Save(guest);
            throw Explain(e, guest.Name, stored.Name);
        }

        LetGo(guest, before, stored);
    }

    /// <summary>Completes what a crash cut off between the point of no return and the answer.</summary>
    public void Complete(ManagedGuest guest, bool paused)
    {
        if (guest.Life is { } life && paused)
        {
            using XenPool.Lease lease = parts.Xen.Rent();
            lease.Host.Unpause(life.Domain);
        }

        string? stem = guest.Record.Restoring;
        guest.Update(record => record with { Restoring = null });
        parts.Records.Save(guest);
        parts.Checkpoints.LetGo(stem);
    }

    /// <summary>What failed of a restore, for whoever asked for it.</summary>
    public static Exception Explain(Exception e, string guest, string checkpoint) => e switch
    {
        XenException { ErrorNumber: Errno.EBADMSG or Errno.EPIPE } => CheckpointFormat.Invalid(checkpoint, $"the memory in it cannot be read ({e.Message})", e),
        XenException { ErrorNumber: Errno.ECANCELED } => Problems.Canceled(guest),
        XenException xen => Problems.FromXen(xen, guest),
        IOException or UnauthorizedAccessException => new LightVMException(
            ErrorCodes.InternalError, $"Checkpoint '{checkpoint}' cannot be restored: {e.Message}", checkpoint, "Look at the host's disks.", e),
        _ => e,
    };

    /// <summary>
    /// A domain, filled from the file, attached, paused. The whole file is verified beside that: what reads the memory takes it for
    /// hostile anyway, and nobody gets to see what it has made before the file has turned out to be whole.
    /// </summary>
    private Life Fill(ManagedGuest guest, StoredCheckpoint stored, bool force, PhaseClock<RestorePhase> phases, SaveProgress? progress)
    {
        using SafeFileHandle file = parts.Checkpoints.Open(stored);
        long offset = CheckpointFile.FindMemory(file, stored.Name);
        Task verification = Task.Run(() => Verify(file, stored));
        try
        {
            return Fill(guest, stored, force, new FileMemory(file, offset, verification), phases, progress);
        }
        catch
        {
            Await(verification); // where the file is bad, that is what is wrong; and it is in use until then
            throw;
        }
    }

    /// <summary>Runs it here if no thread has taken it yet. Throws what it threw.</summary>
    private static void Await(Task verification) => verification.GetAwaiter().GetResult();

    private static void Verify(SafeFileHandle file, StoredCheckpoint stored)
    {
        (CheckpointHeader header, _) = CheckpointFile.Verify(file, stored.Name);
        if (header.Guest.Id != stored.Header.Guest.Id)
        {
            throw CheckpointFormat.Invalid(stored.Name, "it is of another guest than it was");
        }
    }

    private Life Fill(
        ManagedGuest guest, StoredCheckpoint stored, bool force, FileMemory memory, PhaseClock<RestorePhase> phases, SaveProgress? progress)
    {
        if (!force)
        {
            CheckpointDisks.Check(stored);
        }

        bool hasCopies = stored.Header.Disks.Any(disk => disk.Copied);
        if (hasCopies || guest.Record.Type == GuestType.Pvh)
        {
            Await(memory.Verification); // before disks are written, and before libxenguest reads it, which is no such reader
        }

        if (hasCopies)
        {
            _disks.PutBack(stored);
        }

        return Launch(guest, memory, phases, progress);
    }

    /// <summary>Fills a domain for a guest from a file that is known to be whole, and has it attached; it stays paused. What fails leaves none.</summary>
    public Life Launch(ManagedGuest guest, SafeFileHandle file, long offset, PhaseClock<RestorePhase> phases, SaveProgress? progress) =>
        Launch(guest, new FileMemory(file, offset, Task.CompletedTask), phases, progress);

    private Life Launch(ManagedGuest guest, FileMemory memory, PhaseClock<RestorePhase> phases, SaveProgress? progress)
    {
        using OpenDisks disks = parts.Disks.OpenAll(guest);
        if (guest.Record.Adapters.Count > 0)
        {
            parts.Networks.WaitForRules();
        }

        parts.Resources.Publish(guest);
        guest.Update(record => record with { State = GuestState.Starting });
        phases.Mark(RestorePhase.Prepare);
        using XenPool.Lease lease = parts.LongXen.Rent();
        RestoredGuest restored = starter.Domains.WithRoom(lease.Host, guest.Record, () => Restore(guest.Record, lease.Host, memory.File, memory.Offset, progress));
        Life life = Life.From(restored.Layout);
        phases.Mark(RestorePhase.Fill);
        try
        {
            Await(memory.Verification);
            phases.Mark(RestorePhase.Verify);
            parts.Plane.LaunchRestored(guest, life, disks, () => parts.Logs.BeginLife(guest.Id, life.Domain, restored.ConsoleIndex));
            phases.Mark(RestorePhase.Attach);
            return life;
        }
        catch
        {
            _ = parts.Plane.BeginDetach(guest, life);
            starter.Destroy(guest, life, lease.Host);
            throw;
        }
    }

    /// <summary>Fills a new domain, paused, from a stream of memory, which is read to its own end.</summary>
    /// <exception cref="XenException">As <see cref="XenHost.Restore"/>.</exception>
    public unsafe RestoredGuest Read(GuestRecord record, XenHost xen, SafeHandle stream, SaveProgress? progress)
    {
        var config = new RestoreConfig
        {
            Uuid = record.Id,
            Memory = record.Memory,
            VCpuCount = record.VCpuCount,
            CpuPool = record.CpuPool,
            Type = record.Type == GuestType.Pvh ? DomainType.Pvh : DomainType.Pv,
            ControlPages = record.StoreEventChannel == 0 ? record.ControlPages : 0,
            AnnouncedDevices = record.StoreEventChannel == 0 ? DeviceSlots.Count(record) : 0,
        };
        if (record.Affinity is not null)
        {
            config.Affinity = CpuSet.Parse(record.Affinity, CpuSet.MaxCpus, record.Name);
        }

        Span<byte> name = stackalloc byte[GuestRules.MaxName + 1];
        name[Encoding.ASCII.GetBytes(record.Name, name)] = 0;
        fixed (byte* text = name)
        {
            config.SetName(text);
            RestoreProcess process = parts.RestoreProcess();
            RestoredGuest restored = xen.Restore(process, config, stream, progress);
            _ = PrepareNextAsync(process);
            return restored;
        }
    }

    /// <summary>As <see cref="Read"/>, from saved memory in a file.</summary>
    public RestoredGuest Restore(GuestRecord record, XenHost xen, SafeFileHandle file, long offset, SaveProgress? progress)
    {
        Descriptor.Seek(file, offset); // it may be the second try
        return Read(record, xen, file, progress);
    }

    private void Commit(ManagedGuest guest, Life life, StoredCheckpoint stored)
    {
        guest.Update(record => starter.Running(record, life, startupTime: null) with
        {
            Confirmed = true,
            ControlPages = record.ControlPages, // as it was built
            Checkpoint = null,
            Restoring = stored.Stem,
        });
        parts.Records.Save(guest);
    }

    /// <summary>Lets a filled domain run, and waits for its first event.</summary>
    /// <exception cref="LightVMException">StartTimeout, InvalidState: there was none.</exception>
    public async Task<StartOutcome> RunAsync(ManagedGuest guest, Life life)
    {
        using (XenPool.Lease lease = parts.Xen.Rent())
        {
            lease.Host.Unpause(life.Domain);
        }

        StartOutcome outcome = await starter.FirstEventAsync(guest, life).ConfigureAwait(false);
        return outcome.Failure is { } failure ? throw failure : outcome;
    }

    /// <summary>What it was saved in goes, unless somebody gave it a name.</summary>
    private void LetGo(ManagedGuest guest, GuestRecord before, StoredCheckpoint stored)
    {
        GuestEnds.CancelRestart(guest);
        guest.ShortLives = 0;
        guest.Update(record => record with { Restoring = null });
        parts.Records.Save(guest);
        parts.Checkpoints.LetGo(stored.Stem);
        if (before.Checkpoint != stored.Stem)
        {
            parts.Checkpoints.LetGo(before.Checkpoint);
        }
    }

    /// <summary>Has a reading process wait for the next restore, once this one's answer is out of the way.</summary>
    private async Task PrepareNextAsync(RestoreProcess process)
    {
        await Task.Delay(PrepareDelay).ConfigureAwait(false);
        try
        {
            process.Prepare();
        }
        catch (Exception e) when (e is XenException or ObjectDisposedException)
        {
            parts.Log(LogSeverity.Warning, $"No process waits for the next restore, which starts one then: {e.Message}");
        }
    }

    /// <summary>Where the memory lies, and whether all of the file is whole: a task that throws CheckpointInvalid.</summary>
    private sealed record FileMemory(SafeFileHandle File, long Offset, Task Verification);
}
