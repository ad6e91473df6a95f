using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>Reads consoles: what is logged, and then what comes.</summary>
internal sealed class GuestConsoles(ToolstackParts parts)
{
    /// <summary>Looked at so often even without being told: lightvm-io may have been away when the console grew.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    public IAsyncEnumerable<ConsoleLine> Read(Guid id, int? tail, long after, bool follow, CancellationToken cancellationToken)
    {
        ManagedGuest guest = parts.Guests.Find(id) ?? throw Problems.GuestNotFound(id.ToString("D"));
        if (tail is < 0)
        {
            throw Problems.InvalidArgument($"A tail of {tail} lines is not possible.", guest.Name, "Give 0 or more.");
        }

        return follow ? FollowAsync(guest, tail, after, cancellationToken) : Logged(guest, tail, after);
    }

    /// <exception cref="LightVMException">GuestNotFound, InvalidState: it does not run.</exception>
    public IConsoleAttachment Attach(Guid id)
    {
        ManagedGuest guest = parts.Guests.Find(id) ?? throw Problems.GuestNotFound(id.ToString("D"));
        return !IsOver(guest) ? new ConsoleAttachment(parts, guest) : throw Problems.InvalidState(
            guest.Name, $"Guest '{guest.Name}' is {guest.Record.State}, and has no console to attach to.", "Start it first; what it wrote is read by Receive-LightVMConsole.");
    }

    private async IAsyncEnumerable<ConsoleLine> Logged(ManagedGuest guest, int? tail, long after)
    {
        using SafeFileHandle? file = parts.Logs.TryOpen(guest.Id);
        if (file is null)
        {
            yield break;
        }

        await Task.CompletedTask.ConfigureAwait(false); // one read of a memory file: nothing to wait for
        foreach (ConsoleLine line in Tail(new ConsoleReader(file).Read(after, withPartial: true), tail))
        {
            yield return line;
        }
    }

    private async IAsyncEnumerable<ConsoleLine> FollowAsync(
        ManagedGuest guest, int? tail, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await parts.Plane.FollowAsync(guest, on: true).ConfigureAwait(false);
        SafeFileHandle? file = null;
        try
        {
            ConsoleReader? reader = null;
            while (true)
            {
                Task changed = guest.Changed();
                bool over = IsOver(guest); // before the read: what was written up to the end is read
                file ??= parts.Logs.TryOpen(guest.Id);
                if (file is not null)
                {
                    bool first = reader is null;
                    reader ??= new ConsoleReader(file);
                    List<ConsoleLine> lines = reader.Read(after, withPartial: over);
                    foreach (ConsoleLine line in first ? Tail(lines, tail) : lines)
                    {
                        yield return line;
                    }
                }

                if (over)
                {
                    yield break;
                }

                await Task.WhenAny(changed, Task.Delay(LookInterval, cancellationToken)).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            file?.Dispose();
            await parts.Plane.FollowAsync(guest, on: false).ConfigureAwait(false);
        }
    }

    /// <summary>Whether nothing more comes: it does not live, and is not about to.</summary>
    internal static bool IsOver(ManagedGuest guest)
    {
        GuestRecord record = guest.Record;
        return guest.Removed ||
            (!guest.RestartPending && record.State is GuestState.Stopped or GuestState.Saved or GuestState.Crashed);
    }

    private static IEnumerable<ConsoleLine> Tail(List<ConsoleLine> lines, int? tail)
    {
        if (tail is not { } count || lines.Count == 0)
        {
            return lines;
        }

        // Whoever asks for the last lines only misses none of those before.
        return lines.Skip(Math.Max(lines.Count - count, 0)).Select(line => new ConsoleLine
        {
            Sequence = line.Sequence,
            Time = line.Time,
            Text = line.Text,
            Partial = line.Partial,
        });
    }
}
