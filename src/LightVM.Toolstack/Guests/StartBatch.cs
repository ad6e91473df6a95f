using System.Diagnostics;

namespace LightVM.Toolstack;

/// <summary>
/// Starts many guests in a pipeline: while lightvm-io attaches one and Xen runs it, the next is built. The builds are on one
/// thread, with one handle. The gates are the caller's.
/// </summary>
internal sealed class StartBatch(ToolstackParts parts, GuestStarter starter, int window)
{
    private int _done;

    /// <param name="ended">Told for each guest, from any thread: its place, and why it does not run or null.</param>
    public async Task RunAsync(
        List<ManagedGuest> guests, Action<int, Exception?> ended, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        using ShellPool.Activity activity = parts.Shells.Begin();
        var finishing = new Task[guests.Count];
        await Task.Factory.StartNew(
            () => BeginAll(guests, finishing, ended, progress, cancellationToken),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).ConfigureAwait(false);
        await Task.WhenAll(finishing).ConfigureAwait(false);
    }

    private void BeginAll(
        List<ManagedGuest> guests, Task[] finishing, Action<int, Exception?> ended, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        long wished = guests.Sum(guest => guest.Record.Memory);
        LightVMException? unavailable = null;
        using XenPool.Lease lease = parts.Xen.Rent();
        for (int i = 0; i < guests.Count; i++)
        {
            ManagedGuest guest = guests[i];
            if (i >= window)
            {
                finishing[i - window].Wait(CancellationToken.None);
            }

            finishing[i] = Task.CompletedTask;
            try
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    throw Problems.Canceled(guest.Name);
                }

                if (unavailable is not null)
                {
                    throw Problems.DataPlaneUnavailable(guest.Name);
                }

                var clock = new StartClock(Stopwatch.GetTimestamp());
                parts.Plane.RequireAsync(guest.Name).AsTask().GetAwaiter().GetResult();
                Life life = starter.Begin(guest, lease.Host, clock, wished, TimeSpan.Zero);
                finishing[i] = FinishAsync(guest, i, life, clock, ended, progress);
            }
            catch (Exception e) when (e is LightVMException or IOException or Native.XenException)
            {
                if (e is LightVMException { Problem.Code: ErrorCodes.DataPlaneUnavailable } lost)
                {
                    unavailable = lost; // it was waited for once; the others do not wait again
                }

                End(i, e, ended, progress);
            }

            wished -= guest.Record.Memory;
        }
    }

    private async Task FinishAsync(
        ManagedGuest guest, int index, Life life, StartClock clock, Action<int, Exception?> ended, IProgress<int>? progress)
    {
        Exception? failure = null;
        try
        {
            await starter.FinishAsync(guest, life, clock).ConfigureAwait(false);
        }
        catch (Exception e) when (e is LightVMException or IOException or Native.XenException)
        {
            failure = e;
        }

        End(index, failure, ended, progress);
    }

    private void End(int index, Exception? failure, Action<int, Exception?> ended, IProgress<int>? progress)
    {
        ended(index, failure);
        progress?.Report(Interlocked.Increment(ref _done));
    }
}
