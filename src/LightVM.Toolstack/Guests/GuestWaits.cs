using System.Text.RegularExpressions;

namespace LightVM.Toolstack;

/// <summary>Waits for guests to get somewhere.</summary>
internal sealed class GuestWaits(ToolstackParts parts, GuestConsoles consoles)
{
    private const int LongestTimeout = 86_400_000; // ms, a day
    private static readonly TimeSpan FirstProbe = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestProbe = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);
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
                ? await WaitForStateAsync(guest, request.For, limit).ConfigureAwait(false) &&
                    (request.For != WaitFor.Ready || guest.Record.Probes?.Ready is not null || await WaitForPortsAsync(guest, limit).ConfigureAwait(false))
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

            if (what == WaitFor.Network && guest.Record.Adapters.Count == 0)
            {
                throw Problems.InvalidState(
                    guest.Name, $"Guest '{guest.Name}' has no adapter, so no network comes up.", "Give it one with Add-LightVMNetworkAdapter.");
            }

            if (IsThere(guest, what))
            {
                return true;
            }

            await Task.WhenAny(changed, Task.Delay(Timeout.Infinite, limit)).ConfigureAwait(false);
            if (limit.IsCancellationRequested)
            {
                return IsThere(guest, what);
            }
        }
    }

    private static bool IsThere(ManagedGuest guest, WaitFor what) => what switch
    {
        WaitFor.Running => guest.Record.State == GuestState.Running,
        WaitFor.FirstEvent => guest.Record.State is GuestState.Running or GuestState.Paused,
        WaitFor.Stopped => guest.Record.State is GuestState.Stopped or GuestState.Crashed,
        WaitFor.Network => guest.Record.State == GuestState.Running && IsReachable(guest),
        WaitFor.Ready => guest.Record.State == GuestState.Running && IsReachable(guest) && (guest.Record.Probes is null or { Start: null, Ready: null } || guest.Health is { Ready: true }),
        _ => false,
    };

    /// <summary>Each adapter that has an address is connected, and the guest has answered ARP on it: lightvm-io tells both.</summary>
    private static bool IsReachable(ManagedGuest guest) => guest.Record.Adapters.All(adapter =>
        adapter.Address is null || guest.Life?.Devices.Find(new DeviceKey(NoxsType.Net, (ushort)adapter.Id)) is { State: NoxsState.Connected, Reachable: true });

    /// <summary>
    /// Each published TCP port accepts connections. Nobody tells that a guest begins to listen, so it is asked: soon at first,
    /// then ever more seldom. One that ends meanwhile is waited for again.
    /// </summary>
    private static async Task<bool> WaitForPortsAsync(ManagedGuest guest, CancellationToken limit)
    {
        TimeSpan pause = FirstProbe;
        try
        {
            while (true)
            {
                Task changed = guest.Changed();
                GuestRecord record = guest.Record;
                if (IsThere(guest, WaitFor.Ready) && await AcceptAllAsync(record, limit).ConfigureAwait(false))
                {
                    return true;
                }

                await Task.WhenAny(changed, Task.Delay(pause, limit)).ConfigureAwait(false);
                limit.ThrowIfCancellationRequested();
                pause = pause * 2 < LongestProbe ? pause * 2 : LongestProbe;
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<bool> AcceptAllAsync(GuestRecord record, CancellationToken limit)
    {
        if (GuestPorts.AddressOf(record) is not { } address)
        {
            return true;
        }

        foreach (int port in record.Publish.Where(port => port.Protocol == "tcp").Select(port => port.GuestPort).Distinct())
        {
            if (!await GuestPorts.AcceptsAsync(address, port, ProbeTimeout, limit).ConfigureAwait(false))
            {
                return false;
            }
        }

        return true;
    }

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
