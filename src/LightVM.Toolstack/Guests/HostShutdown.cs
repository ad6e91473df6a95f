using System.Diagnostics;

namespace LightVM.Toolstack;

/// <summary>Stops all guests because their host is going down.</summary>
internal sealed class HostShutdown(ToolstackParts parts, GuestStarter starter)
{
    private const int LeastPatience = 1000; // ms, for one guest
    private readonly GuestStop _stop = new(parts, starter);

    /// <summary>
    /// One after the other, the one started last first; a guest that takes longer than its share is left to it while the next
    /// is asked. At the limit the rest is destroyed.
    /// </summary>
    public async Task RunAsync(TimeSpan limit, string actor)
    {
        parts.ShuttingDown = true;
        parts.Shells.Close();
        long begin = Stopwatch.GetTimestamp();
        List<ManagedGuest> guests = [.. parts.Guests.All
            .Where(guest => guest.Life is not null)
            .OrderByDescending(guest => guest.Record.StartTime)
            .ThenByDescending(guest => guest.Record.DomainId)];
        HashSet<Guid> wanted = [.. guests.Where(guest => guest.Record.DesiredRunning).Select(guest => guest.Id)];
        var late = new List<Task>();
        for (int i = 0; i < guests.Count; i++)
        {
            double left = Math.Max((limit - Stopwatch.GetElapsedTime(begin)).TotalMilliseconds, 0);
            int share = (int)Math.Max(left / (guests.Count - i), LeastPatience);
            Task stopping = _stop.StopAsync(
                new ActionTarget(guests[i].Name, guests[i]), (int)Math.Max(left, 1), force: true, actor, CancellationToken.None);
            await Task.WhenAny(stopping, Task.Delay(share)).ConfigureAwait(false);
            late.Add(stopping);
        }

        await Task.WhenAll(late).ConfigureAwait(false);
        List<ManagedGuest> stopped = [.. guests.Where(guest => wanted.Contains(guest.Id) && !guest.Removed)];
        foreach (ManagedGuest guest in stopped)
        {
            guest.Update(record => record with { DesiredRunning = true, EndReason = EndReasons.HostReboot });
        }

        parts.Records.Save(stopped);
        parts.Log(LogSeverity.Information, $"{guests.Count} guests were stopped for the shutdown of the host.");
    }
}
