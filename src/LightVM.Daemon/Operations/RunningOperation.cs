using LightVM.Toolstack;

namespace LightVM.Daemon.Operations;

/// <summary>One operation: progress, waiting, cancelling.</summary>
#pragma warning disable CA1001 // A token source without a timer holds nothing to dispose of, and cancelling may come after the end.
internal sealed class RunningOperation : IByteProgress
#pragma warning restore CA1001
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancel = new();
    private readonly string _kind;
    private readonly string _actor;
    private readonly int _total;
    private readonly TimeProvider _clock;
    private readonly DateTimeOffset _start;
    private TaskCompletionSource _moved = NewSignal();
    private IReadOnlyList<GuestResult>? _results;
    private OperationStatus _status = OperationStatus.Running;
    private DateTimeOffset? _end;
    private int _done;
    private long _doneBytes;
    private long _totalBytes;

    public RunningOperation(string kind, string actor, int total, TimeProvider clock)
    {
        _kind = kind;
        _actor = actor;
        _total = total;
        _clock = clock;
        _start = clock.GetUtcNow();
    }

    public Guid Id { get; } = Guid.NewGuid();

    public CancellationToken Cancellation => _cancel.Token;

    public DateTimeOffset StartTime => _start;

    public DateTimeOffset? EndTime
    {
        get
        {
            lock (_gate)
            {
                return _end;
            }
        }
    }

    /// <summary>Completes at the next progress, or at the end; completed for one that has ended.</summary>
    public Task Moved
    {
        get
        {
            lock (_gate)
            {
                return _moved.Task;
            }
        }
    }

    public Operation Snapshot(bool results)
    {
        lock (_gate)
        {
            return new Operation
            {
                Id = Id,
                Kind = _kind,
                Status = _status,
                Done = _done,
                Total = _total,
                DoneBytes = _doneBytes,
                TotalBytes = _totalBytes,
                StartTime = _start,
                EndTime = _end,
                Actor = _actor,
                Results = results ? _results : null,
            };
        }
    }

    /// <summary>How many guests are done. Called on any thread, in any order.</summary>
    public void Report(int value)
    {
        lock (_gate)
        {
            if (value <= _done || _end is not null)
            {
                return;
            }

            _done = Math.Min(value, _total);
            _moved.TrySetResult();
            _moved = NewSignal();
        }
    }

    public void ReportBytes(long done, long total)
    {
        lock (_gate)
        {
            if (_end is not null || (done, total) == (_doneBytes, _totalBytes))
            {
                return;
            }

            (_doneBytes, _totalBytes) = (done, total);
            _moved.TrySetResult();
            _moved = NewSignal();
        }
    }

    public void Cancel() => _cancel.Cancel();

    public void End(IReadOnlyList<GuestResult> results)
    {
        lock (_gate)
        {
            _results = results;
            _end = _clock.GetUtcNow();
            bool canceled = _cancel.IsCancellationRequested && results.Any(r => r.Problem?.Code == ErrorCodes.Canceled);
            _done = results.Count(r => r.Problem?.Code != ErrorCodes.Canceled);
            _status = canceled ? OperationStatus.Canceled
                : results.Any(r => r.Problem is not null) ? OperationStatus.Failed
                : OperationStatus.Succeeded;
            _moved.TrySetResult();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
