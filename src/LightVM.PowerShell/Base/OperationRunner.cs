using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Runs a batch as an operation of a daemon, and shows how far it is.</summary>
internal static class OperationRunner
{
    private static int lastId = 7000;

    /// <param name="client">The host.</param>
    /// <param name="activity">What progress calls it.</param>
    /// <param name="show">Writes a progress record, from any thread.</param>
    /// <param name="run">The batch.</param>
    public static async Task<IReadOnlyList<GuestResult>> RunAsync(
        LightVMClient client, string activity, Action<ProgressRecord> show, Func<IProgress<Operation>, Task<BatchResult>> run)
    {
        var progress = new BatchProgress($"{activity} on {client.HostName}", Interlocked.Increment(ref lastId));
        try
        {
            return (await run(new Reporter(o =>
            {
                if ((o.Total < 2 ? progress.NextBytes(o.DoneBytes, o.TotalBytes) : progress.Next(o.Done, o.Total)) is { } record)
                {
                    show(record);
                }
            })).ConfigureAwait(false)).Results;
        }
        finally
        {
            if (progress.Completed() is { } record)
            {
                show(record);
            }
        }
    }

    // Progress<T> would report later and on another thread; this is called in the order of what happens.
    private sealed class Reporter(Action<Operation> report) : IProgress<Operation>
    {
        public void Report(Operation value) => report(value);
    }
}
