using System.Threading.Channels;

namespace LightVM.PowerShell;

/// <summary>
/// Lets asynchronous work write to a cmdlet's streams, which only the pipeline's thread may do: the work posts actions, that thread runs them.
/// </summary>
internal sealed class PipelinePump
{
    // Deep enough to keep both sides busy, small enough to hold back a console that prints faster than the pipeline reads.
    private const int Depth = 256;

    private readonly Channel<Action> actions = Channel.CreateBounded<Action>(new BoundedChannelOptions(Depth) { SingleReader = true });

    /// <summary>Called by the work, on any thread.</summary>
    public ValueTask PostAsync(Action action, CancellationToken cancellationToken) => actions.Writer.WriteAsync(action, cancellationToken);

    /// <summary>For what may be left out when there is much to do, such as progress.</summary>
    public void TryPost(Action action) => actions.Writer.TryWrite(action);

    /// <summary>
    /// Runs the work to its end. Called on the pipeline's thread, which meanwhile runs what is posted. When an action throws
    /// (the pipeline was stopped by a later command) or the caller's token is canceled, the work is canceled, and left behind if it does not end soon.
    /// </summary>
    public void Run(Func<CancellationToken, Task> work, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationToken token = stop.Token;
        Task task = Task.Run(() => CompleteAsync(work, token), CancellationToken.None);
        try
        {
            Drain(task, patience, cancellationToken);
        }
        catch
        {
            stop.Cancel();
            WaitQuietly(task, patience);
            throw;
        }

        task.GetAwaiter().GetResult();
    }

    private static void WaitQuietly(Task task, TimeSpan patience)
    {
        // Its outcome is of no interest any more: something else is already being thrown.
        Task.WaitAny([task], patience);
        _ = task.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    private async Task CompleteAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            actions.Writer.TryComplete();
        }
    }

    private void Drain(Task task, TimeSpan patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            while (actions.Reader.TryRead(out Action? action))
            {
                action();
            }

            Task<bool> more = actions.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            try
            {
                if (!more.WaitAsync(cancellationToken).GetAwaiter().GetResult())
                {
                    return;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                if (Task.WaitAny([task], patience) < 0)
                {
                    throw;
                }

                return;
            }
        }
    }
}
