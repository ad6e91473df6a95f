using System.Diagnostics;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// Clones of one guest or checkpoint: all that a request asks for, each with a result of its own. A source that runs stands still once, for
/// a moment, and goes on whatever becomes of them. Clones are confirmed together, at the end: what a crash cuts off is gone.
/// </summary>
internal sealed class GuestCopies(ToolstackParts parts, GuestStarter starter, GuestSaver saver, GuestCloner cloner)
{
    /// <summary>Clones that are filled at once: more gain nothing on a small dom0.</summary>
    private const int AtOnce = 2;

    private readonly CloneResources _resources = new(parts);
    private readonly NewGuests _intents = new(parts);

    /// <param name="ids">Of the clones; null: new ones.</param>
    /// <exception cref="LightVMException">GuestNotFound, InvalidState, SuspendTimeout, DataPlaneUnavailable: there is nothing to clone.</exception>
    public async Task<IReadOnlyList<GuestResult>> CopyGuestAsync(
        Guid id, CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        ManagedGuest source = parts.Guests.Find(id) ?? throw Problems.GuestNotFound(id.ToString());
        await GuestGate.EnterAsync(source, source.Name).ConfigureAwait(false);
        bool held = true;
        try
        {
            GuestRecord record = source.Record;
            if (record.State == GuestState.Saved && parts.Checkpoints.FindStem(record.Checkpoint) is { } stored)
            {
                return await CopyStoredAsync(stored, request, ids, actor, received, progress, cancellationToken).ConfigureAwait(false);
            }

            CloneRules.CheckState(record);
            using var bytes = new ByteCount(progress, cancellationToken);
            var disks = new CloneDisks(parts, request.CopyDisks, stored: null);
            CloneDraft[] drafts = Reserve(record, [], disks, null, request, ids);
            return await MakeAsync(
                drafts,
                $"guest '{record.Name}'",
                async first =>
                {
                    CloneSource taken = await saver.CaptureAsync(
                        source, request.TimeoutMs, () => disks.FillFirst(source, record, first), bytes.Add(), cancellationToken).ConfigureAwait(false);
                    held = false;
                    source.Gate.Release();
                    source.Signal();
                    return taken;
                },
                bytes,
                actor,
                received,
                progress,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (held)
            {
                source.Gate.Release();
            }
        }
    }

    /// <exception cref="LightVMException">CheckpointNotFound, CheckpointInvalid, ImageNotFound, InvalidState: there is nothing to clone.</exception>
    public Task<IReadOnlyList<GuestResult>> CopyCheckpointAsync(
        string name, CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken) =>
        CopyStoredAsync(parts.Checkpoints.Find(name) ?? throw CheckpointProblems.NotFound(name), request, ids, actor, received, progress, cancellationToken);

    private async Task<IReadOnlyList<GuestResult>> CopyStoredAsync(
        StoredCheckpoint stored, CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        using ShellPool.Activity activity = parts.Shells.Begin();
        using var bytes = new ByteCount(progress, cancellationToken);
        var disks = new CloneDisks(parts, request.CopyDisks, stored);
        CloneDraft[] drafts = Reserve(stored.Header.Guest, stored.Header.Files, disks, ShellKind.Of(stored), request, ids);
        return await MakeAsync(
            drafts,
            $"checkpoint '{stored.Name}'",
            first => Task.Run(
                () =>
                {
                    CloneSource source = Verified(stored);
                    disks.FillFirst(null, stored.Header.Guest, first);
                    return source;
                },
                CancellationToken.None),
            bytes,
            actor,
            received,
            progress,
            cancellationToken).ConfigureAwait(false);
    }

    private CloneSource Verified(StoredCheckpoint stored)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = parts.Checkpoints.Open(stored);
        (CheckpointHeader header, long offset) = CheckpointFile.Verify(file, stored.Name);
        return header.Guest.Id == stored.Header.Guest.Id
            ? new CloneSource(parts.Checkpoints.PathOf(stored.Stem), stored.Header, offset)
            : throw CheckpointFormat.Invalid(stored.Name, "it is of another guest than it was");
    }

    /// <summary>Takes names and all that the clones hold of the host, before the source is troubled. Each draft's gate is held.</summary>
    /// <param name="files">With their bytes, of a checkpoint; of a guest none: the host has them.</param>
    /// <param name="kind">Of the shells that clones may be made of; null: of none.</param>
    private CloneDraft[] Reserve(
        GuestRecord source, IReadOnlyList<GuestFile> files, CloneDisks disks, ShellKind? kind, CopyGuestsRequest request, IReadOnlyList<Guid>? ids)
    {
        CloneRules.CheckSource(source);
        CloneRules.CheckRequest(request, source);
        if (!parts.Images.Holds(source.ImageDigest))
        {
            throw Problems.ImageNotFound(source.Image, source.Name);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var drafts = new CloneDraft[request.Names.Count];
        DateTimeOffset now = DateTimeOffset.UtcNow;
        for (int i = 0; i < drafts.Length; i++)
        {
            var draft = new CloneDraft(request.Names[i]);
            drafts[i] = draft;
            Shell? shell = null;
            try
            {
                GuestRecord record = CloneRules.Define(source, draft.Target, ids?[i] ?? Guid.NewGuid(), request, now, parts.BootId);
                if (!names.Add(record.Name))
                {
                    throw Problems.NameTwice(record.Name);
                }

                shell = kind is { } wanted ? parts.Shells.Take(wanted) : null;
                var guest = new ManagedGuest(record with { Id = ids?[i] ?? shell?.Id ?? record.Id }) { Shell = shell };
                guest.Gate.Wait(0); // no one else knows it yet
                parts.Guests.Add(guest);
                draft.Guest = guest;
                _resources.Reserve(guest, source, files, disks);
            }
            catch (Exception e) when (e is LightVMException or IOException or UnauthorizedAccessException)
            {
                draft.Problem = Problems.From(e, draft.Target);
                if (draft.Guest is { } guest)
                {
                    draft.Guest = null;
                    _intents.Delete([guest]); // an intent, if a disk was to be made
                    parts.Guests.Remove(guest);
                    guest.Shell = null;
                }

                if (shell is not null)
                {
                    parts.Shells.GiveBack(shell);
                }
            }
        }

        return drafts;
    }

    private async Task<IReadOnlyList<GuestResult>> MakeAsync(
        CloneDraft[] drafts,
        string described,
        Func<ManagedGuest, Task<CloneSource>> open,
        ByteCount bytes,
        string actor,
        long received,
        IProgress<int>? progress,
        CancellationToken cancellationToken)
    {
        List<CloneDraft> made = [.. drafts.Where(draft => draft.Guest is not null)];
        try
        {
            if (made.Count > 0)
            {
                _intents.Save(made.ConvertAll(draft => draft.Guest!));
                bool needed = made.Exists(draft => draft.Guest!.Shell is null || draft.Guest.MadeDisks.Count > 0);
                using CloneSource? source = needed ? await open(made[0].Guest!).ConfigureAwait(false) : null;
                if (made.Count > 1 && made[0].Guest!.MadeDisks.Count > 0)
                {
                    await Task.Run(() => FillDisks(made), CancellationToken.None).ConfigureAwait(false);
                }

                await StartAllAsync(made.FindAll(draft => draft.Problem is null), source, bytes, received, new Counter(progress), cancellationToken).ConfigureAwait(false);
            }

            await ForgetAsync(made.FindAll(draft => draft.Problem is not null)).ConfigureAwait(false);
            Confirm(made.FindAll(draft => draft.Problem is null), described, actor);
        }
        catch
        {
            await ForgetAsync(made.FindAll(draft => !draft.Guest!.Removed)).ConfigureAwait(false);
            throw;
        }

        progress?.Report(drafts.Length);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return Array.ConvertAll(drafts, draft => new GuestResult
        {
            Target = draft.Target,
            Guest = draft.Problem is null ? draft.Guest!.ToGuest(now) : null,
            Problem = draft.Problem,
            Changed = draft.Problem is null,
        });
    }

    private static void FillDisks(List<CloneDraft> drafts)
    {
        foreach (CloneDraft draft in drafts.Skip(1))
        {
            try
            {
                CloneDisks.FillNext(drafts[0].Guest!, draft.Guest!);
            }
            catch (IOException e)
            {
                draft.Problem = new LightVMException(
                    ErrorCodes.InternalError, $"Guest '{draft.Target}': its disks cannot be copied: {e.Message}", draft.Target, "Look at the free space beside the source's disks.", e).Problem;
            }
        }
    }

    private async Task StartAllAsync(
        List<CloneDraft> drafts, CloneSource? source, ByteCount bytes, long received, Counter counter, CancellationToken cancellationToken)
    {
        using var free = new SemaphoreSlim(AtOnce, AtOnce);
        await Task.WhenAll(drafts.Select(async draft =>
        {
            await free.WaitAsync().ConfigureAwait(false);
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                var clock = new StartClock(drafts.Count == 1 ? received : Stopwatch.GetTimestamp());
                if (draft.Guest!.Shell is null)
                {
                    await cloner.StartAsync(draft.Guest, source!, clock, bytes.Add()).ConfigureAwait(false);
                }
                else
                {
                    Action<GuestRecord>? encode = drafts.Count == 1 ? record => draft.Encoded = parts.Records.Encode(Confirmed(record)) : null;
                    await starter.StartAsync(draft.Guest, clock, encode).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is LightVMException or XenException or OperationCanceledException or IOException or UnauthorizedAccessException)
            {
                draft.Problem = Problems.From(e, draft.Target);
            }
            finally
            {
                free.Release();
            }

            counter.Add();
        })).ConfigureAwait(false);
    }

    private static GuestRecord Confirmed(GuestRecord record) => record with { Confirmed = true, DiskIntents = [] };

    private void Confirm(List<CloneDraft> made, string described, string actor)
    {
        List<ManagedGuest> guests = made.ConvertAll(draft => draft.Guest!);
        foreach (ManagedGuest guest in guests)
        {
            guest.MadeDisks = [];
            guest.Update(Confirmed);
        }

        if (made is [{ Encoded: { } encoded } claimed])
        {
            parts.Records.SaveEncoded(claimed.Guest!, encoded);
        }
        else
        {
            parts.Records.Save(guests);
        }

        foreach (ManagedGuest guest in guests)
        {
            guest.Gate.Release();
            parts.Event(EventKinds.GuestCreated, guest, $"It is a clone of {described}.", actor);
            parts.Event(EventKinds.GuestStarted, guest, "It runs.", actor);
        }
    }

    /// <summary>Takes back what did not come to be.</summary>
    private async Task ForgetAsync(List<CloneDraft> failed)
    {
        foreach (CloneDraft draft in failed)
        {
            ManagedGuest guest = draft.Guest!;
            if (guest.Life is { } life)
            {
                starter.ReleaseShell(guest);
                await starter.DestroyAsync(guest, life).ConfigureAwait(false);
            }

            parts.Resources.Undo(guest); // files of disks first: the record would have the next start take them away
        }

        _intents.Delete(failed.ConvertAll(draft => draft.Guest!));
        foreach (CloneDraft draft in failed)
        {
            parts.Guests.Remove(draft.Guest!);
            parts.Logs.Delete(draft.Guest!.Id);
            draft.Guest.Signal();
            _intents.Discard(draft.Guest);
            draft.Guest.Gate.Release();
        }
    }
}
