using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>What all cmdlets share: Ctrl-C that ends within a second, asynchronous work on the pipeline's thread, errors as records.</summary>
public abstract class LightVMCmdlet : PSCmdlet, IDisposable
{
    // What is left of the second in which Ctrl-C has to end, after the token is canceled.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    private readonly CancellationTokenSource stop = new();
    private PipelinePump? pump;

    /// <summary>Canceled when the pipeline is stopped.</summary>
    protected CancellationToken StopToken => stop.Token;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected override void StopProcessing()
    {
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself: there is nothing left to stop.
        }
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            stop.Dispose();
        }
    }

    /// <summary>
    /// Runs asynchronous work to its end on the pipeline's thread. The work writes by <see cref="PostAsync"/>, never directly.
    /// </summary>
    /// <exception cref="LightVMException">As the work threw it.</exception>
    /// <exception cref="PipelineStoppedException">The pipeline was stopped.</exception>
    protected void Run(Func<CancellationToken, Task> work)
    {
        PipelinePump? outer = pump;
        pump = new PipelinePump();
        try
        {
            pump.Run(work, Patience, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            pump = outer;
        }
    }

    /// <inheritdoc cref="Run(Func{CancellationToken, Task})"/>
    protected T Run<T>(Func<CancellationToken, Task<T>> work)
    {
        T result = default!;
        Run(async token => { result = await work(token).ConfigureAwait(false); });
        return result;
    }

    /// <summary>From inside <see cref="Run(Func{CancellationToken, Task})"/>: has the pipeline's thread do this, for example write an object.</summary>
    protected ValueTask PostAsync(Action action, CancellationToken cancellationToken) => Pump.PostAsync(action, cancellationToken);

    /// <summary>The same for what may be left out, such as progress.</summary>
    protected void TryPost(Action action) => Pump.TryPost(action);

    /// <summary>A non-terminating error.</summary>
    protected void WriteProblem(Problem problem, object? target = null) =>
        WriteError(ErrorCategories.ToErrorRecord(new LightVMException(problem), target));

    /// <inheritdoc cref="WriteProblem(Problem, object?)"/>
    protected void WriteProblem(LightVMException exception, object? target = null) =>
        WriteError(ErrorCategories.ToErrorRecord(exception, target));

    /// <summary>A terminating error.</summary>
    protected void ThrowProblem(LightVMException exception, object? target = null) =>
        ThrowTerminatingError(ErrorCategories.ToErrorRecord(exception, target));

    private PipelinePump Pump => pump ?? throw new InvalidOperationException("only work that runs in Run may post");
}
