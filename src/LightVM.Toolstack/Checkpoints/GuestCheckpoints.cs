using System.Diagnostics;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>What is asked for of checkpoints: many at once, each with a result of its own.</summary>
internal sealed class GuestCheckpoints(ToolstackParts parts, GuestSaver saver, GuestRestorer restorer)
{
    /// <summary>Saves and restores at once: more gain nothing on a small dom0, and each takes memory bandwidth from guests.</summary>
    private const int AtOnce = 2;

    private readonly GuestRevival _revival = new(parts, restorer);

    public async Task<IReadOnlyList<GuestResult>> SaveAsync(
        SaveGuestsRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        List<ActionTarget> all = ActionTarget.Resolve(parts.Guests, request.Ids, request.Names);
        CheckSave(request, all.Count);
        var counter = new Counter(progress);
        var saved = new Checkpoint?[all.Count];
        using var bytes = new ByteCount(progress, cancellationToken);
        await ForAllAsync(all.Count, async i =>
        {
            ActionTarget target = all[i];
            try
            {
                if (target.Guest is { } guest && cancellationToken.IsCancellationRequested)
                {
                    throw Problems.Canceled(target.Target);
                }

                if (target.Guest is not null)
                {
                    saved[i] = await SaveOneAsync(target, request, actor, bytes, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is LightVMException or XenException or OperationCanceledException)
            {
                target.Problem = Problems.From(e, target.Target);
            }

            counter.Add();
        }).ConfigureAwait(false);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return [.. all.Select((target, i) => target.ToResult(now, saved[i]))];
    }

    public async Task<IReadOnlyList<GuestResult>> RestoreAsync(
        RestoreGuestsRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        var counter = new Counter(progress);
        var results = new GuestResult[request.Checkpoints.Count];
        using var bytes = new ByteCount(progress, cancellationToken);
        await ForAllAsync(results.Length, async i =>
        {
            string name = request.Checkpoints[i];
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                StoredCheckpoint stored = parts.Checkpoints.Find(name) ?? throw CheckpointProblems.NotFound(name);
                ManagedGuest guest = await _revival.RestoreAsync(stored, request.Force, new StartClock(Stopwatch.GetTimestamp()), bytes.Add()).ConfigureAwait(false);
                parts.Event(EventKinds.GuestRestored, guest, $"It goes on from checkpoint '{name}'.", actor);
                results[i] = new GuestResult { Target = name, Guest = guest.ToGuest(DateTimeOffset.UtcNow), Changed = true };
            }
            catch (Exception e) when (e is LightVMException or XenException or OperationCanceledException or IOException or UnauthorizedAccessException)
            {
                results[i] = new GuestResult { Target = name, Problem = Problems.From(e, name) };
            }

            counter.Add();
        }).ConfigureAwait(false);
        return results;
    }

    public IReadOnlyList<Checkpoint> List()
    {
        IReadOnlySet<string> held = parts.HeldCheckpoints();
        return [.. parts.Checkpoints.All.Select(stored => stored.ToCheckpoint(held.Contains(stored.Stem))).OrderBy(checkpoint => checkpoint.Name, NaturalOrder.Instance)];
    }

    public Checkpoint Get(string name) => Find(name).ToCheckpoint(parts.SavedIn(Find(name)) is not null);

    public async Task RemoveAsync(string name, bool force, string actor)
    {
        StoredCheckpoint stored = Find(name);
        if (parts.SavedIn(stored) is { } guest)
        {
            if (!force)
            {
                throw CheckpointProblems.InUse(name, guest.Name);
            }

            await GiveUpAsync(guest, stored, actor).ConfigureAwait(false);
        }

        parts.Checkpoints.Delete(stored.Stem);
        parts.Events.Append(EventKinds.CheckpointRemoved, name, null, $"Checkpoint '{name}' of guest '{stored.Header.Guest.Name}' was removed.", actor);
    }

    public Stream Open(string name) => new FileStream(parts.Checkpoints.Open(Find(name)), FileAccess.Read, bufferSize: 0);

    public async Task<Checkpoint> PutAsync(string name, Stream content, bool automatic, bool force, CancellationToken cancellationToken)
    {
        CheckpointRules.CheckName(name);
        if (parts.Checkpoints.Find(name) is { } before && parts.SavedIn(before) is { } user)
        {
            throw CheckpointProblems.InUse(name, user.Name);
        }

        string stem = parts.Checkpoints.Reserve(name, automatic, force);
        try
        {
            CheckpointHeader header;
            await using (var file = new FileStream(
                parts.Checkpoints.PartPathOf(stem), FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous))
            {
                CheckpointVerifier verified = await CheckpointCopy.RunAsync(content, file, name, null, cancellationToken).ConfigureAwait(false);
                header = CheckpointHeader.Parse(verified.Header!.Value.Span, name);
                file.Flush(flushToDisk: true);
            }

            StoredCheckpoint stored = parts.Checkpoints.Commit(stem, header, out string? replaced);
            parts.Checkpoints.DropReplaced(replaced);
            return stored.ToCheckpoint(inUse: false);
        }
        catch (IOException e)
        {
            parts.Checkpoints.Delete(stem);
            throw new LightVMException(
                ErrorCodes.InternalError, $"Checkpoint '{name}' cannot be taken: {e.Message}", name, "Look at the free space of /var/lib/lightvm.", e);
        }
        catch
        {
            parts.Checkpoints.Delete(stem);
            throw;
        }
        finally
        {
            parts.Checkpoints.Release(name);
        }
    }

    private static void CheckSave(SaveGuestsRequest request, int count)
    {
        const int longest = 86_400_000; // ms, a day
        if (request.TimeoutMs is < 0 or > longest)
        {
            throw Problems.InvalidArgument($"A time-out of {request.TimeoutMs} ms is not possible.", null, "Give it from 0 ms to a day.");
        }

        if (request.CheckpointName is not null)
        {
            CheckpointRules.CheckName(request.CheckpointName);
            if (count > 1)
            {
                throw Problems.InvalidArgument(
                    $"{count} guests cannot all be saved as '{request.CheckpointName}'.", request.CheckpointName, "Save them one by one, or leave the name out.");
            }
        }
    }

    private async Task<Checkpoint> SaveOneAsync(
        ActionTarget target, SaveGuestsRequest request, string actor, ByteCount bytes, CancellationToken cancellationToken)
    {
        ManagedGuest guest = target.Guest!;
        await GuestGate.EnterAsync(guest, target.Target).ConfigureAwait(false);
        try
        {
            if (guest.Record.State == GuestState.Saved && FindSaved(guest, request) is { } before)
            {
                return before.ToCheckpoint(inUse: true); // asked again: it is what it is to be
            }

            StoredCheckpoint stored = await saver.SaveAsync(guest, request.CheckpointName, request, bytes.Add(), cancellationToken).ConfigureAwait(false);
            target.Changed = true;
            parts.Event(EventKinds.GuestSaved, guest, $"It was saved as checkpoint '{stored.Name}'{(request.Keep ? ", and runs on" : "")}.", actor);
            return stored.ToCheckpoint(inUse: !request.Keep);
        }
        finally
        {
            guest.Gate.Release();
            guest.Signal();
        }
    }

    private StoredCheckpoint? FindSaved(ManagedGuest guest, SaveGuestsRequest request) =>
        !request.Keep && parts.Checkpoints.FindStem(guest.Record.Checkpoint) is { } saved &&
        (request.CheckpointName is null ? saved.Automatic : saved.Name == request.CheckpointName) ? saved : null;

    private async Task GiveUpAsync(ManagedGuest guest, StoredCheckpoint stored, string actor)
    {
        await GuestGate.EnterAsync(guest, guest.Name).ConfigureAwait(false);
        try
        {
            if (guest.Record.Checkpoint == stored.Stem)
            {
                guest.Update(record => record with { State = GuestState.Stopped, Checkpoint = null });
                parts.Records.Save(guest);
                parts.Event(EventKinds.GuestStopped, guest, $"The memory that it was saved with, in checkpoint '{stored.Name}', was given up.", actor);
            }
        }
        finally
        {
            guest.Gate.Release();
        }
    }

    private StoredCheckpoint Find(string name) => parts.Checkpoints.Find(name) ?? throw CheckpointProblems.NotFound(name);

    private static async Task ForAllAsync(int count, Func<int, Task> work)
    {
        using var free = new SemaphoreSlim(AtOnce, AtOnce);
        await Task.WhenAll(Enumerable.Range(0, count).Select(async i =>
        {
            await free.WaitAsync().ConfigureAwait(false);
            try
            {
                await work(i).ConfigureAwait(false);
            }
            finally
            {
                free.Release();
            }
        })).ConfigureAwait(false);
    }
}
