using System.Collections.Concurrent;

namespace LightVM.Reconcile;

/// <summary>
/// The right to change a fleet, held while a run applies: on all of its hosts, taken in the order of their names, so that of two runs one
/// has them all. It is renewed until it is disposed; when another run has it nevertheless, this one ends.
/// </summary>
internal sealed class HeldLease : IAsyncDisposable
{
    /// <summary>How long giving it up may take: it ends by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly string fleet;
    private readonly FleetLeaseRequest request;
    private readonly List<IReconcileHost> hosts = [];
    private readonly ConcurrentDictionary<IReconcileHost, long> revisions = new();
    private readonly CancellationTokenSource ending = new();
    private readonly CancellationTokenSource abandoned = new();
    private readonly CancellationTokenSource lost = new();
    private Task renewals = Task.CompletedTask;
    private Problem? reason;

    private HeldLease(string fleet, ReconcileOptions options)
    {
        this.fleet = fleet;
        request = new FleetLeaseRequest { Id = Guid.NewGuid(), DurationMs = (int)options.LeaseDuration.TotalMilliseconds, Holder = Holder() };
    }

    /// <summary>Canceled when another run has the fleet.</summary>
    public CancellationToken Lost => lost.Token;

    /// <summary>Why it is lost; null: it is not.</summary>
    public Problem? Reason => Volatile.Read(ref reason);

    /// <param name="hosts">Where.</param>
    /// <param name="fleet">Its name.</param>
    /// <param name="options">How long it holds.</param>
    /// <param name="lost">Told of hosts that cannot be reached, which the others do without.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LightVMException">FleetLocked: another run has it on one of the hosts; none is held then. HostUnreachable: it is on none.</exception>
    public static async Task<HeldLease> TakeAsync(
        IReadOnlyCollection<IReconcileHost> hosts, string fleet, ReconcileOptions options, Action<IReconcileHost, Problem> lost, CancellationToken cancellationToken)
    {
        var lease = new HeldLease(fleet, options);
        try
        {
            foreach (IReconcileHost host in hosts.OrderBy(host => host.HostName, StringComparer.Ordinal))
            {
                // Noted first: what is asked for and not answered may be held all the same.
                lease.hosts.Add(host);
                try
                {
                    if (await host.TakeLeaseAsync(fleet, lease.request, cancellationToken).ConfigureAwait(false) is { } taken)
                    {
                        lease.revisions[host] = taken.Revision;
                    }
                    else
                    {
                        lease.hosts.Remove(host);
                    }
                }
                catch (LightVMException e) when (hosts.Count > 1 && e.Problem.Code is ErrorCodes.HostUnreachable or ErrorCodes.AccessDenied)
                {
                    lost(host, e.Problem);
                }
            }
        }
        catch
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        lease.renewals = Task.WhenAll(lease.revisions.Keys.Select(host => lease.RenewAsync(host, options)));
        return lease;
    }

    /// <summary>The fleet's revision on a host when it was taken there; null: the host knows no leases.</summary>
    public long? RevisionOn(IReconcileHost host) => revisions.TryGetValue(host, out long revision) ? revision : null;

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync().ConfigureAwait(false);
        try
        {
            // A renewal that is on its way comes in before the lease is given up, or it would be held again by nobody.
            await renewals.WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await abandoned.CancelAsync().ConfigureAwait(false);
            await renewals.ConfigureAwait(false);
        }

        await Task.WhenAll(hosts.Select(ReleaseAsync)).ConfigureAwait(false);
        ending.Dispose();
        abandoned.Dispose();
        lost.Dispose();
    }

    private async Task RenewAsync(IReconcileHost host, ReconcileOptions options)
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.LeaseDuration / 3, options.Time, ending.Token).ConfigureAwait(false);
                try
                {
                    await host.TakeLeaseAsync(fleet, request, abandoned.Token).ConfigureAwait(false);
                }
                catch (LightVMException e) when (e.Problem.Code == ErrorCodes.FleetLocked)
                {
                    Interlocked.CompareExchange(ref reason, Taken(host, e.Problem), null);
                    await lost.CancelAsync().ConfigureAwait(false);
                    return;
                }
                catch (LightVMException)
                {
                    // The host cannot be asked now. If that lasts, the steps say so; and what comes of the lease, its daemon decides.
                }
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested || abandoned.IsCancellationRequested)
        {
            // The run has ended.
        }
    }

    private async Task ReleaseAsync(IReconcileHost host)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await host.ReleaseLeaseAsync(fleet, request.Id, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is LightVMException or OperationCanceledException)
        {
            // A host that cannot be told finds out by the time.
        }
    }

    private Problem Taken(IReconcileHost host, Problem problem) => new()
    {
        Code = ErrorCodes.LeaseLost,
        Detail = $"This run of fleet '{fleet}' was away from {host.HostName} for too long, and has ended: {problem.Detail}",
        Target = fleet,
        Recommendation = "Run it again when that one has ended: it goes on from what there is then.",
    };

    private static string Holder()
    {
        string text = FormattableString.Invariant($"{Path.GetFileName(Environment.ProcessPath) ?? "process"} {Environment.ProcessId} on {Environment.MachineName}");
        return text.Length <= FleetLeaseRequest.MaxHolder ? text : text[..FleetLeaseRequest.MaxHolder];
    }
}
