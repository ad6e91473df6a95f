using System.Collections.Concurrent;
using LightVM.Daemon.Http;
using LightVM.Toolstack;

namespace LightVM.Daemon.Operations;

/// <summary>
/// The operations of this life of the daemon; ended ones are held for an hour, and no more than the last thousand.
/// </summary>
internal sealed class OperationRegistry(Action<LogSeverity, string> log, TimeProvider? clock = null)
{
    public const int MaxEnded = 1000;
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<Guid, RunningOperation> _operations = new();
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Starts work that goes on after the answer.</summary>
    /// <param name="targets">The guests, as they were asked for; for the results if the work fails as a whole.</param>
    public RunningOperation Start(
        string kind,
        string actor,
        IReadOnlyList<string> targets,
        Func<IProgress<int>, CancellationToken, Task<IReadOnlyList<GuestResult>>> work)
    {
        Purge();
        var operation = new RunningOperation(kind, actor, targets.Count, _clock);
        _operations[operation.Id] = operation;
        _ = Task.Run(async () => operation.End(await RunAsync(operation, kind, targets, work).ConfigureAwait(false)));
        return operation;
    }

    /// <exception cref="LightVMException">OperationNotFound.</exception>
    public RunningOperation Get(string id) =>
        Guid.TryParse(id, out Guid guid) && _operations.TryGetValue(guid, out RunningOperation? operation)
            ? operation
            : throw new LightVMException(ErrorCodes.OperationNotFound, $"There is no operation '{id}'.", id);

    /// <summary>Oldest first, without results.</summary>
    public IReadOnlyList<Operation> List()
    {
        Purge();
        return [.. _operations.Values.OrderBy(o => o.StartTime).Select(o => o.Snapshot(results: false))];
    }

    private async Task<IReadOnlyList<GuestResult>> RunAsync(
        RunningOperation operation,
        string kind,
        IReadOnlyList<string> targets,
        Func<IProgress<int>, CancellationToken, Task<IReadOnlyList<GuestResult>>> work)
    {
        Problem problem;
        try
        {
            return Problems.Complete(await work(operation, operation.Cancellation).ConfigureAwait(false));
        }
        catch (LightVMException e)
        {
            problem = e.Problem;
        }
        catch (OperationCanceledException)
        {
            problem = new Problem { Code = ErrorCodes.Canceled, Detail = "The operation was cancelled." };
        }
#pragma warning disable CA1031 // Nobody waits for this task: what nobody expected is logged, and told in the results.
        catch (Exception e)
#pragma warning restore CA1031
        {
            log(LogSeverity.Error, $"Internal error {operation.Id} in operation {kind}: {e}");
            problem = new Problem
            {
                Code = ErrorCodes.InternalError,
                Detail = $"lightvmd failed at operation {kind}; its log says more under {operation.Id}.",
                Details = new() { ["correlationId"] = operation.Id.ToString() },
            };
        }

        problem = Problems.Complete(problem);
        return [.. targets.Select(t => new GuestResult { Target = t, Problem = problem })];
    }

    private void Purge()
    {
        DateTimeOffset limit = _clock.GetUtcNow() - Lifetime;
        RunningOperation[] ended = [.. _operations.Values.Where(o => o.EndTime is not null).OrderByDescending(o => o.EndTime)];
        for (int i = 0; i < ended.Length; i++)
        {
            if (i >= MaxEnded || ended[i].EndTime < limit)
            {
                _operations.TryRemove(ended[i].Id, out _);
            }
        }
    }
}
