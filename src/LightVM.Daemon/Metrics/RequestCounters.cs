using System.Collections.Concurrent;

namespace LightVM.Daemon.Metrics;

/// <summary>How many requests were answered, by route and status. Counted when the answer has ended: a stream's, when it was closed.</summary>
internal sealed class RequestCounters
{
    private readonly ConcurrentDictionary<(string Method, string Route, int Status), long[]> _counts = new();

    public void Add(string method, string route, int status) =>
        Interlocked.Increment(ref _counts.GetOrAdd((method, route, status), static _ => new long[1])[0]);

    /// <summary>Sorted by route, method and status.</summary>
    public IReadOnlyList<(string Method, string Route, int Status, long Count)> Read() =>
    [
        .. _counts
            .Select(pair => (pair.Key.Method, pair.Key.Route, pair.Key.Status, Interlocked.Read(ref pair.Value[0])))
            .OrderBy(count => count.Route, StringComparer.Ordinal).ThenBy(count => count.Method, StringComparer.Ordinal).ThenBy(count => count.Status),
    ];
}
