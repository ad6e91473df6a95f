using System.Collections.Concurrent;
using System.Diagnostics;

namespace LightVM.PowerShell;

/// <summary>
/// Answers a completion within its budget: with what the host says in time, else with what it said lately, else with nothing.
/// A question that takes longer goes on in the background, so that the next completion has its answer.
/// </summary>
internal sealed class NameCache<T>
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Background = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, (long Time, IReadOnlyList<T> Names)> last = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Task<IReadOnlyList<T>>> asked = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<T> Get(string host, Func<CancellationToken, Task<IReadOnlyList<T>>> ask)
    {
        Task<IReadOnlyList<T>> task = asked.GetOrAdd(host, _ => Task.Run(() => AskAsync(host, ask)));
        return Task.WaitAny([task], Budget) == 0 && task.IsCompletedSuccessfully
            ? task.Result
            : last.TryGetValue(host, out (long Time, IReadOnlyList<T> Names) known) && Stopwatch.GetElapsedTime(known.Time) < Fresh
                ? known.Names
                : [];
    }

    private async Task<IReadOnlyList<T>> AskAsync(string host, Func<CancellationToken, Task<IReadOnlyList<T>>> ask)
    {
        using var limit = new CancellationTokenSource(Background);
        try
        {
            IReadOnlyList<T> names = await ask(limit.Token).ConfigureAwait(false);
            last[host] = (Stopwatch.GetTimestamp(), names);
            return names;
        }
        catch (Exception e) when (e is LightVMException or OperationCanceledException)
        {
            // A completion has no place for an error: there is nothing to offer. The cmdlet itself will say what is wrong.
            return [];
        }
        finally
        {
            asked.TryRemove(host, out _);
        }
    }
}
