using System.Text.RegularExpressions;

namespace LightVM.Toolstack;

/// <summary>Waits for guests to get somewhere.</summary>
internal sealed class GuestWaits(ToolstackParts parts, GuestConsoles consoles)
{
    private const int LongestTimeout = 86_400_000; // ms, a day
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    public async Task<IReadOnlyList<GuestResult>> WaitAsync(WaitRequest request, CancellationToken cancellationToken)
    {
        if (request.TimeoutMs is < 0 or > LongestTimeout)
        {
            throw Problems.InvalidArgument($"A time-out of {request.TimeoutMs} ms is not possible.", null, "Give it from 0 ms to a day.");
        }

        Regex? pattern = request.For == WaitFor.Console ? Compile(request.Console) : null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(request.TimeoutMs);
        return await Task.WhenAll(request.Ids.Select(id => WaitOneAsync(id, request, pattern, limit.Token, cancellationToken))).ConfigureAwait(false);
    }

    private static Regex Compile(string? pattern)
    {
        try
        {
            return new Regex(pattern ?? "", RegexOptions.CultureInvariant, MatchTimeout);
        }
        catch (ArgumentException e)
        {
            throw Problems.InvalidArgument(
                $"'{pattern}' is not a regular expression: {e.Message}", pattern, "Escape what is meant literally, with [regex]::Escape().");
        }
    }

    private async Task<GuestResult> WaitOneAsync(
        Guid id, WaitRequest request, Regex? pattern, CancellationToken limit, CancellationToken cancellationToken)
    {
        string target = id.ToString("D");
        ManagedGuest? guest = parts.Guests.Find(id);
        try
        {
            if (guest is null)
            {
                throw Problems.GuestNotFound(target);
            }

            bool there = pattern is null
                ? await WaitForStateAsync(guest, request.For, limit).ConfigureAwait(false)
                : await WaitForLineAsync(guest, pattern, limit).ConfigureAwait(false);
            if (!there)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw Problems.WaitTimeout(guest.Name, request);
            }

            return new GuestResult { Target = target, Guest = guest.ToGuest(DateTimeOffset.UtcNow) };
        }
        catch (LightVMException e)
        {
            return new GuestResult { Target = target, Problem = e.Problem };
        }
        catch (RegexMatchTimeoutException)
        {
            return new GuestResult
            {
                Target = target,
                Problem = Problems.InvalidArgument(
                    $"'{request.Console}' takes too long to match.", target, "Write it without nested repetitions.").Problem,
            };
        }
    }

    private static async Task<bool> WaitForStateAsync(ManagedGuest guest, WaitFor what, CancellationToken limit)
    {
        while (true)
        {
            Task changed = guest.Changed();
            if (guest.Removed)
            {
                throw Problems.GuestNotFound(guest.Name);
            }

            if (IsThere(guest.Record, what))
            {
                return true;
            }

            await Task.WhenAny(changed, Task.Delay(Timeout.Infinite, limit)).ConfigureAwait(false);
            if (limit.IsCancellationRequested)
            {
                return IsThere(guest.Record, what);
            }
        }
    }

    private static bool IsThere(GuestRecord record, WaitFor what) => what switch
    {
        WaitFor.Running => record.State == GuestState.Running,
        WaitFor.FirstEvent => record.State is GuestState.Running or GuestState.Paused,
        WaitFor.Stopped => record.State is GuestState.Stopped or GuestState.Crashed,
        _ => false,
    };

    /// <summary>Also a guest that rests may be started and write the line before the time is over.</summary>
    private async Task<bool> WaitForLineAsync(ManagedGuest guest, Regex pattern, CancellationToken limit)
    {
        long after = 0;
        try
        {
            while (true)
            {
                Task changed = guest.Changed();
                await foreach (ConsoleLine line in consoles.Read(guest.Id, null, after, follow: true, limit).ConfigureAwait(false))
                {
                    if (pattern.IsMatch(line.Text))
                    {
                        return true;
                    }

                    after = line.Partial ? after : line.Sequence;
                }

                await changed.WaitAsync(limit).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
