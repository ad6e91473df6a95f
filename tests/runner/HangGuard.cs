using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>
/// Stops what runs too long. What does not stop within a grace cannot be recovered inside this process: then the whole
/// run is given up, by an action that does not return.
/// </summary>
internal sealed class HangGuard : IDisposable
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(20);

    private readonly TimeSpan _limit;
    private readonly ManualResetEventSlim _done = new();
    private readonly Thread _watch;
    private Thread? _stopping;

    public HangGuard(TimeSpan limit, Action stop, Action<TimeSpan> hint, Action<TimeSpan> giveUp)
    {
        _limit = limit;
        _watch = new Thread(() =>
        {
            if (_done.Wait(limit))
            {
                return;
            }

            Fired = true;
            hint(limit);
            // Not on this thread, for it returns only when the pipeline has stopped.
            _stopping = new Thread(() => stop()) { IsBackground = true, Name = "hang guard stop" };
            _stopping.Start();
            if (!_done.Wait(s_grace))
            {
                giveUp(limit);
            }
        })
        {
            IsBackground = true,
            Name = "hang guard",
        };
        _watch.Start();
    }

    /// <summary>The limit passed.</summary>
    public bool Fired { get; private set; }

    public ErrorRecord Error() => new(
        new TimeoutException($"Still running after {_limit.TotalSeconds:0.#} s; the pipeline was stopped."),
        "TestTimeout",
        ErrorCategory.OperationTimeout,
        null);

    /// <summary>Returns when no stop is under way any more: what it stops is disposed next.</summary>
    public void Dispose()
    {
        _done.Set();
        _watch.Join();
        _stopping?.Join();
        _done.Dispose();
    }
}
