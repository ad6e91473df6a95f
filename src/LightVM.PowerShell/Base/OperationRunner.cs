using System.Management.Automation;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Follows an operation of a daemon to its end, and shows how far it is.</summary>
internal static class OperationRunner
{
    private static int lastId = 7000;

    /// <param name="client">The host.</param>
    /// <param name="operation">As the daemon answered it.</param>
    /// <param name="activity">What progress calls it.</param>
    /// <param name="show">Writes a progress record, from any thread.</param>
    /// <param name="cancellationToken">Cancels the operation too.</param>
    public static async Task<IReadOnlyList<GuestResult>> RunAsync(
        LightVMClient client, Operation operation, string activity, Action<ProgressRecord> show, CancellationToken cancellationToken)
    {
        var progress = new BatchProgress($"{activity} on {client.HostName}", Interlocked.Increment(ref lastId));
        try
        {
            Operation ended = await client.Operations.CompleteAsync(
                operation,
                new Reporter(o =>
                {
                    if (progress.Next(o.Done, o.Total) is { } record)
                    {
                        show(record);
                    }
                }),
                cancellationToken).ConfigureAwait(false);
            return ended.Results ?? throw new LightVMException(
                ErrorCodes.InternalError,
                $"The operation {ended.Id} on {client.HostName} ended ({ended.Status}) without results.",
                ended.Id.ToString(),
                "See what became of the guests: Get-LightVM");
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
