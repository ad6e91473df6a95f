using System.Runtime.CompilerServices;
using LightVM.Daemon.Store;
using LightVM.Native;
using LightVM.Toolstack;

namespace LightVM.Daemon.Events;

/// <summary>
/// The host's events: numbered without holes, the last few thousand in memory, the last 100,000 in the database. Appending never
/// waits for a reader; a reader that is too slow meets a Gap.
/// </summary>
internal sealed class EventLog : IEventLog
{
    public const int DefaultRingSize = 8192;
    private const int BatchSize = 1000;

    private readonly Lock _gate = new();
    private readonly StateStore _store;
    private readonly Event?[] _ring;
    private readonly TimeProvider _clock;
    private TaskCompletionSource? _grown;
    private long _last;

    public EventLog(StateStore store, int ringSize = DefaultRingSize, TimeProvider? clock = null)
    {
        _store = store;
        _ring = new Event?[ringSize];
        _clock = clock ?? CoarseClock.Instance;
        _last = store.LastEventSequence;
    }

    /// <summary>The newest event's number; 0 before the first.</summary>
    public long LastSequence => Volatile.Read(ref _last);

    public void Append(string kind, string? name, Guid? id, string message, string actor)
    {
        TaskCompletionSource? grown;
        lock (_gate)
        {
            long sequence = _last + 1;
            var entry = new Event
            {
                Sequence = sequence,
                Time = _clock.GetUtcNow(),
                Kind = kind,
                Name = name,
                Id = id,
                Message = message,
                Actor = actor,
            };
            _store.SaveEvent(entry);
            _ring[sequence % _ring.Length] = entry;
            Volatile.Write(ref _last, sequence);
            grown = _grown;
            _grown = null;
        }

        grown?.TrySetResult();
    }

    /// <summary>
    /// Events after <paramref name="after"/>, oldest first; null or 0: from the oldest that is held. Where some are no longer held, a Gap
    /// stands in their place whose sequence is the last one missing. After one that has not been yet: none. With <paramref name="follow"/> it goes on until cancelled.
    /// </summary>
    public async IAsyncEnumerable<Event> Read(
        long? after, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // What was asked for is what there is now, even if events keep coming.
        long end = follow ? long.MaxValue : LastSequence;
        long position = after ?? 0;
        bool strict = position > 0;
        if (position > LastSequence)
        {
            // Nothing that is held comes after that. Who follows goes on with what comes, and learns that the numbers are others.
            position = LastSequence;
            if (follow)
            {
                yield return Gap(position);
            }
        }

        while (position < end)
        {
            Task? more = null;
            IReadOnlyList<Event> batch = Take(position, ref more);
            if (batch.Count == 0)
            {
                if (!follow)
                {
                    yield break;
                }

                await more!.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            foreach (Event entry in batch)
            {
                if (entry.Sequence > end)
                {
                    yield break;
                }

                if (entry.Sequence != position + 1 && strict)
                {
                    yield return Gap(entry.Sequence - 1);
                }

                strict = true;
                position = entry.Sequence;
                yield return entry;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private Event Gap(long sequence) => new()
    {
        Sequence = sequence,
        Time = _clock.GetUtcNow(),
        Kind = "Gap",
        Message = $"Events up to {sequence} are no longer held, or never were.",
        Actor = "daemon",
    };

    /// <summary>
    /// The next events after a position: from memory if they are there, else from the database; if there are none,
    /// what to wait for.
    /// </summary>
    private IReadOnlyList<Event> Take(long position, ref Task? more)
    {
        lock (_gate)
        {
            if (position >= _last)
            {
                _grown ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                more = _grown.Task;
                return [];
            }

            if (_ring[(position + 1) % _ring.Length] is { } next && next.Sequence == position + 1)
            {
                var batch = new List<Event>();
                for (long sequence = position + 1; sequence <= _last && batch.Count < BatchSize; sequence++)
                {
                    batch.Add(_ring[sequence % _ring.Length]!);
                }

                return batch;
            }
        }

        IReadOnlyList<Event> stored = _store.LoadEvents(position, BatchSize);
        if (stored.Count > 0)
        {
            return stored;
        }

        lock (_gate)
        {
            // The database lacks them (it could not be written for a while): go on with the oldest in memory.
            long oldest = Math.Max(position + 1, _last - _ring.Length + 1);
            while (oldest <= _last && _ring[oldest % _ring.Length]?.Sequence != oldest)
            {
                oldest++;
            }

            return oldest <= _last ? [_ring[oldest % _ring.Length]!] : [Gap(_last)];
        }
    }
}
