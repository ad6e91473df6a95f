using System.Collections.Concurrent;

namespace LightVM.Daemon.Metrics;

/// <summary>How many requests were answered, by route and status. Routes are added while they are mapped, requests from any thread.</summary>
internal sealed class RequestCounters
{
    private readonly List<RouteCounter> _routes = [];

    /// <summary>The counter of a route, which its requests add to without looking for it.</summary>
    public RouteCounter Of(string method, string route)
    {
        var counter = new RouteCounter(method, route);
        _routes.Add(counter);
        return counter;
    }

    /// <summary>Sorted by route, method and status.</summary>
    public IReadOnlyList<(string Method, string Route, int Status, long Count)> Read() =>
    [
        .. _routes
            .OrderBy(counter => counter.Route, StringComparer.Ordinal).ThenBy(counter => counter.Method, StringComparer.Ordinal)
            .SelectMany(counter => counter.Read().Select(pair => (counter.Method, counter.Route, pair.Status, pair.Count))),
    ];

    /// <summary>Counts when the answer has ended: a stream's, when it was closed.</summary>
    internal sealed class RouteCounter(string method, string route)
    {
        private readonly ConcurrentDictionary<int, long[]> _counts = new();

        public string Method => method;

        public string Route => route;

        public void Add(int status) => Interlocked.Increment(ref _counts.GetOrAdd(status, static _ => new long[1])[0]);

        public IEnumerable<(int Status, long Count)> Read() => _counts.OrderBy(pair => pair.Key).Select(pair => (pair.Key, Interlocked.Read(ref pair.Value[0])));
    }
}
