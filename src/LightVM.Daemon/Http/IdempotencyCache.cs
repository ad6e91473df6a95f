using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Numerics;
using System.Text;
using LightVM.Daemon.Store;
using LightVM.Native;
using Microsoft.AspNetCore.Http;

namespace LightVM.Daemon.Http;

/// <summary>
/// Idempotency-Key: the same key of the same actor within an hour gets the first answer again. One that comes while the first is
/// at work waits for it.
/// </summary>
internal sealed class IdempotencyCache
{
    public const string Header = "Idempotency-Key";
    public const int MaxKeyLength = 200;
    public const int MaxEntries = 20_000;
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(string Actor, string Key), KeyedRequest> _entries = new();
    private readonly StateStore _store;
    private readonly TimeProvider _clock;
    private long _lastPurge;

    public IdempotencyCache(StateStore store, TimeProvider? clock = null)
    {
        _store = store;
        _clock = clock ?? CoarseClock.Instance;
        _lastPurge = Now;
        foreach ((RequestRecord request, bool answered) in store.LoadRequests(Now - (long)Lifetime.TotalSeconds))
        {
            _entries[(request.Actor, request.Key)] = new KeyedRequest(store, request, answered);
        }
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeSeconds();

    /// <param name="handle">Never throws; does the work.</param>
    /// <exception cref="LightVMException">InvalidArgument: the key is malformed, or was used for another request.</exception>
    public async Task<Reply> RunAsync(Call call, string key, Func<Call, Task<Reply>> handle)
    {
        if (key.Length is 0 or > MaxKeyLength || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw Problems.InvalidArgument(
                $"The {Header} must be 1 to {MaxKeyLength} printable ASCII characters without spaces.", key, recommendation: "Use a UUID.");
        }

        long fingerprint = Fingerprint(call.Http.Request, await call.ReadBodyAsync().ConfigureAwait(false));
        Purge();
        while (true)
        {
            KeyedRequest entry = _entries.GetOrAdd(
                (call.Actor, key),
                static (id, state) => new KeyedRequest(
                    state._store,
                    new RequestRecord { Actor = id.Actor, Key = id.Key, Time = state.Now, Fingerprint = state.fingerprint },
                    stored: false),
                (_store, Now, fingerprint));
            if (Now - entry.Time > Lifetime.TotalSeconds && !entry.IsRunning)
            {
                _entries.TryRemove(new KeyValuePair<(string, string), KeyedRequest>((call.Actor, key), entry));
                continue;
            }

            if (entry.Fingerprint != fingerprint)
            {
                throw Problems.InvalidArgument(
                    $"The {Header} '{key}' was used for another request within the last hour.",
                    key,
                    recommendation: "Use a new key for a new request.");
            }

            (Reply? answer, Task<Reply?>? running) = entry.Claim();
            if (running is not null)
            {
                answer = await running.WaitAsync(call.Http.RequestAborted).ConfigureAwait(false);
                if (answer is null)
                {
                    continue;
                }
            }

            if (answer is not null)
            {
                return answer;
            }

            Reply? reply = null;
            try
            {
                call.Keyed = entry;
                reply = await handle(call).ConfigureAwait(false);
                return reply;
            }
            finally
            {
                entry.Finish(reply);
            }
        }
    }

    /// <summary>
    /// Tells requests apart that differ by mistake; no defence against an attacker, who would only fool himself.
    /// </summary>
    private static long Fingerprint(HttpRequest request, ReadOnlySpan<byte> body)
    {
        ulong hash = Mix(0xcbf29ce484222325, Encoding.UTF8.GetBytes(request.Method + " " + request.Path + request.QueryString + "\n"));
        return (long)Mix(hash, body);
    }

    private static ulong Mix(ulong hash, ReadOnlySpan<byte> data)
    {
        hash ^= (ulong)data.Length;
        for (; data.Length >= 8; data = data[8..])
        {
            hash = BitOperations.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(data)) * 0x9e3779b97f4a7c15, 29);
        }

        foreach (byte value in data)
        {
            hash = BitOperations.RotateLeft((hash ^ value) * 0x9e3779b97f4a7c15, 29);
        }

        return hash;
    }

    private void Purge()
    {
        long now = Now;
        long last = Volatile.Read(ref _lastPurge);
        bool crowded = _entries.Count >= MaxEntries;
        if ((now - last < 60 && !crowded) || Interlocked.CompareExchange(ref _lastPurge, now, last) != last)
        {
            return;
        }

        long limit = now - (long)Lifetime.TotalSeconds;
        if (crowded)
        {
            // Make room for a tenth: the oldest go.
            long[] times = [.. _entries.Values.Select(e => e.Time)];
            Array.Sort(times);
            limit = Math.Max(limit, times[times.Length / 10]);
        }

        foreach (var pair in _entries)
        {
            if (pair.Value.Time <= limit && !pair.Value.IsRunning)
            {
                _entries.TryRemove(pair);
            }
        }

        _ = Task.Run(() => _store.DeleteRequestsBefore(limit));
    }
}
