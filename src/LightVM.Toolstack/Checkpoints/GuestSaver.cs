using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// Saves guests. The order is that of what a crash may leave: the intent is recorded, the guest suspended, the file written, synced and
/// named; then the record says Saved, which is the point of no return; the domain goes last. The caller holds the guest's gate.
/// </summary>
internal sealed class GuestSaver(ToolstackParts parts, GuestStarter starter, GuestEnds ends)
{
    private readonly GuestSuspend _suspend = new(parts);
    private readonly CheckpointDisks _disks = new(parts);
    private readonly PhaseTimings<SavePhase> _timings = new("saves", parts.Options.Log);

    /// <summary>Saves one. A failure leaves it running, and no checkpoint.</summary>
    /// <param name="name">Of the checkpoint; null: one is made.</param>
    /// <exception cref="LightVMException">InvalidState, CheckpointExists, CheckpointInUse, SuspendTimeout, DataPlaneUnavailable, XenError, InternalError (no space).</exception>
    public async Task<StoredCheckpoint> SaveAsync(
        ManagedGuest guest, string? name, SaveGuestsRequest request, SaveProgress? progress, CancellationToken cancellationToken)
    {
        Life life = RequireRunning(guest);
        if (parts.Checkpoints.Find(name) is { } before && parts.SavedIn(before) is { } user)
        {
            throw CheckpointProblems.InUse(before.Name, user.Name);
        }

        var clock = new PhaseClock<SavePhase>();
        string taken = name ?? FreeName(guest.Name);
        string stem = parts.Checkpoints.Reserve(taken, automatic: name is null && !request.Keep, request.Force);
        try
        {
            guest.Update(record => record with { Saving = new SaveIntent { File = stem, Keep = request.Keep } });
            parts.Records.Save(guest);
            clock.Mark(SavePhase.Intent);
            try
            {
                await _suspend.SuspendAsync(guest, life, request.TimeoutMs, cancellationToken).ConfigureAwait(false);
                clock.Mark(SavePhase.Suspend);
                StoredCheckpoint stored = request.Keep
                    ? await SnapshotAsync(guest, life, stem, request, clock, progress).ConfigureAwait(false)
                    : await PutAwayAsync(guest, life, stem, clock, progress).ConfigureAwait(false);
                clock.Mark(SavePhase.Destroy);
                _timings.Add(clock.Phases);
                return stored;
            }
            catch (Exception e)
            {
                parts.Checkpoints.Delete(stem);
                guest.Update(record => record with { Saving = null });
                parts.Records.Save(guest);
                throw Explain(e, guest.Name);
            }
        }
        finally
        {
            parts.Checkpoints.Release(taken);
        }
    }

    /// <summary>
    /// Writes the memory of a guest that goes on into a file that is nobody's checkpoint: clones are filled from it. It is not synced,
    /// and what a crash leaves of it is swept.
    /// </summary>
    /// <param name="takeDisks">Called while the guest stands still.</param>
    /// <exception cref="LightVMException">As <see cref="SaveAsync"/>.</exception>
    public async Task<CloneSource> CaptureAsync(
        ManagedGuest guest, int timeoutMs, Action takeDisks, SaveProgress? progress, CancellationToken cancellationToken)
    {
        Life life = RequireRunning(guest);
        string name = FreeName(guest.Name);
        string stem = parts.Checkpoints.Reserve(name, automatic: true, replace: false);
        WrittenMemory? written = null;
        try
        {
            guest.Update(record => record with { Saving = new SaveIntent { File = stem, Keep = true } });
            parts.Records.Save(guest);
            try
            {
                await _suspend.SuspendAsync(guest, life, timeoutMs, cancellationToken).ConfigureAwait(false);
                try
                {
                    written = await Task.Run(
                        () =>
                        {
                            takeDisks();
                            return Write(guest, life, stem, [], progress);
                        },
                        CancellationToken.None).ConfigureAwait(false);
                }
                finally
                {
                    await ResumeAsync(guest, life).ConfigureAwait(false);
                }
            }
            finally
            {
                guest.Update(record => record with { Saving = null });
                parts.Records.Save(guest);
            }

            return new CloneSource(parts.Checkpoints.PartPathOf(stem), written.Header, written.MemoryOffset, () => parts.Checkpoints.Delete(stem));
        }
        catch (Exception e)
        {
            parts.Checkpoints.Delete(stem);
            throw Explain(e, guest.Name);
        }
        finally
        {
            written?.Dispose();
            parts.Checkpoints.Release(name);
        }
    }

    /// <summary>A guest that goes on although its save was cut off, or that suspended itself when nobody waited for it any more.</summary>
    public async Task GoOnAsync(ManagedGuest guest, Life life)
    {
        if (guest.Life != life || !_suspend.IsSuspended(life))
        {
            return;
        }

        await parts.Plane.DetachAsync(guest, life).ConfigureAwait(false);
        await ResumeAsync(guest, life).ConfigureAwait(false);
        parts.Log(LogSeverity.Information, $"'{guest.Name}' had been suspended for a save that was not completed, and goes on.");
    }

    private static Exception Explain(Exception e, string name) => e switch
    {
        IOException or UnauthorizedAccessException => CheckpointProblems.NoSpace(name, e),
        XenException { ErrorNumber: Errno.ECANCELED } => Problems.Canceled(name),
        XenException { ErrorNumber: Errno.ENOSPC } => CheckpointProblems.NoSpace(name, e),
        XenException xen => Problems.FromXen(xen, name),
        _ => e,
    };

    private static Life RequireRunning(ManagedGuest guest) =>
        guest.Record.State == GuestState.Running && guest.Life is { } life ? life : throw CheckpointProblems.NotRunning(guest.Name, guest.Record.State);

    private string FreeName(string guest)
    {
        string stamp = $"{guest}-{DateTimeOffset.UtcNow.ToString("yyyyMMdd-HHmmss", System.Globalization.CultureInfo.InvariantCulture)}";
        string name = stamp;
        for (int i = 2; !parts.Checkpoints.IsFree(name); i++)
        {
            name = $"{stamp}-{i}";
        }

        return name;
    }

    /// <summary>The guest runs on as soon as its memory is written; its file is made whole after that.</summary>
    private async Task<StoredCheckpoint> SnapshotAsync(
        ManagedGuest guest, Life life, string stem, SaveGuestsRequest request, PhaseClock<SavePhase> clock, SaveProgress? progress)
    {
        WrittenMemory written;
        try
        {
            written = await Task.Run(() =>
                Write(guest, life, stem, _disks.Take(guest, stem, keep: true, request.IncludeDisks), progress)).ConfigureAwait(false);
            clock.Mark(SavePhase.Write);
        }
        finally
        {
            await ResumeAsync(guest, life).ConfigureAwait(false);
        }

        using (written)
        {
            StoredCheckpoint stored = Complete(written, stem, clock, out string? replaced);
            guest.Update(record => record with { Saving = null });
            parts.Records.Save(guest);
            clock.Mark(SavePhase.Confirm);
            parts.Checkpoints.DropReplaced(replaced);
            return stored;
        }
    }

    private async Task<StoredCheckpoint> PutAwayAsync(ManagedGuest guest, Life life, string stem, PhaseClock<SavePhase> clock, SaveProgress? progress)
    {
        StoredCheckpoint stored;
        string? replaced = null;
        try
        {
            stored = await Task.Run(() =>
            {
                using WrittenMemory written = Write(guest, life, stem, _disks.Take(guest, stem, keep: false, copy: false), progress);
                clock.Mark(SavePhase.Write);
                return Complete(written, stem, clock, out replaced);
            }).ConfigureAwait(false);
        }
        catch
        {
            await ResumeAsync(guest, life).ConfigureAwait(false);
            throw;
        }

        _ = life.BeginEnd(); // its end is this one
        GuestEnds.CancelRestart(guest);
        guest.Update(record => record with
        {
            State = GuestState.Saved,
            Checkpoint = stem,
            Saving = null,
            DomainId = null,
            DesiredRunning = false,
            EndReason = EndReasons.Suspend,
        });
        parts.Records.Save(guest);
        parts.Checkpoints.DropReplaced(replaced);
        clock.Mark(SavePhase.Confirm);
        try
        {
            using XenPool.Lease lease = parts.Xen.Rent();
            starter.Destroy(guest, life, lease.Host);
        }
        catch (LightVMException e)
        {
            // It is Saved, whatever becomes of what it was saved from: that never runs again, and the next start of lightvmd tries again.
            parts.Log(LogSeverity.Error, $"Domain {life.Domain}, from which '{guest.Name}' was saved, could not be destroyed: {e.Message}");
        }

        return stored;
    }

    /// <summary>Lets it go on; where even that fails its end is dealt with as any other.</summary>
    private async Task ResumeAsync(ManagedGuest guest, Life life)
    {
        try
        {
            await _suspend.ResumeAsync(guest, life).ConfigureAwait(false);
        }
        catch (LightVMException e)
        {
            parts.Log(LogSeverity.Error, $"'{guest.Name}' cannot go on after a save: {e.Message}");
            ends.Handle(guest, life, EndReasons.Suspend, exists: true);
        }
    }

    private WrittenMemory Write(ManagedGuest guest, Life life, string stem, IReadOnlyList<DiskMark> disks, SaveProgress? progress)
    {
        GuestRecord record = guest.Record;
        var header = new CheckpointHeader
        {
            Name = StoredCheckpoint.NameOf(stem)!,
            CreationTime = DateTimeOffset.UtcNow,
            Host = Environment.MachineName,
            XenVersion = parts.XenVersion,
            Version = parts.Options.Version,
            Guest = CheckpointRules.DefinitionOf(record),
            Files = [.. record.Files.Select(file => new GuestFile { Path = file.Path, Mode = file.Mode, Content = parts.Files.Read(file) })],
            Disks = disks,
        };
        byte[] front = CheckpointFormat.Begin(header.ToJson());
        SafeFileHandle file = File.OpenHandle(parts.Checkpoints.PartPathOf(stem), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            RandomAccess.Write(file, front, 0);
            Descriptor.Seek(file, front.Length);
            using XenPool.Lease lease = parts.LongXen.Rent();
            lease.Host.Save(life.Domain, file, progress);
            return new WrittenMemory(file, header, front.Length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The checksum over all of it, the disk's word that it is there, its name.</summary>
    private StoredCheckpoint Complete(WrittenMemory written, string stem, PhaseClock<SavePhase> clock, out string? replaced)
    {
        long end = RandomAccess.GetLength(written.File);
        var hash = new XxHash64();
        CheckpointFile.Hash(written.File, hash, 0, end);
        RandomAccess.Write(written.File, CheckpointFormat.End(hash, end - written.MemoryOffset), end);
        clock.Mark(SavePhase.Checksum);
        RandomAccess.FlushToDisk(written.File);
        StoredCheckpoint stored = parts.Checkpoints.Commit(stem, written.Header, out replaced);
        clock.Mark(SavePhase.Sync);
        return stored;
    }

    private sealed record WrittenMemory(SafeFileHandle File, CheckpointHeader Header, long MemoryOffset) : IDisposable
    {
        public void Dispose() => File.Dispose();
    }
}
