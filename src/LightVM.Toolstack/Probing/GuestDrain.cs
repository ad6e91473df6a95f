using System.Diagnostics;
using System.Net;

namespace LightVM.Toolstack;

/// <summary>Takes a guest out of the ports that it shares before it is stopped, and waits for the connections that they have led to it.</summary>
internal sealed class GuestDrain(ToolstackParts parts)
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Returns when it has no such connection any more, or its time is over. One that shares no port is done at once.</summary>
    public async Task RunAsync(ManagedGuest guest, CancellationToken cancellationToken)
    {
        GuestRecord record = guest.Record;
        if (!GuestHealth.Shares(record) || record.State != GuestState.Running)
        {
            return;
        }

        parts.Health.Drain(guest, on: true);
        long begin = Stopwatch.GetTimestamp();
        TimeSpan limit = TimeSpan.FromSeconds(record.DrainSeconds);
        HashSet<IPAddress> addresses = [.. record.Adapters.Take(1)
            .SelectMany(adapter => (string?[])[adapter.Address, adapter.Address6])
            .Select(text => IPAddress.TryParse(text, out IPAddress? address) ? address : null).OfType<IPAddress>()];
        TimeSpan pause = FirstLook;
        while (Stopwatch.GetElapsedTime(begin) is var passed && passed < limit)
        {
            await Task.Delay(pause < limit - passed ? pause : limit - passed, cancellationToken).ConfigureAwait(false);
            if (guest.Record.State != GuestState.Running || ConnectionTable.Count(addresses) == 0)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>It is not stopped after all.</summary>
    public void End(ManagedGuest guest)
    {
        if (guest.Draining is not null)
        {
            parts.Health.Drain(guest, on: false);
        }
    }
}
