using System.Runtime.CompilerServices;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>See <see cref="IConsoleAttachment"/>. It holds nothing but a few bytes while nobody writes or types.</summary>
internal sealed class ConsoleAttachment(ToolstackParts parts, ManagedGuest guest) : IConsoleAttachment
{
    /// <summary>Looked at so often even without being told: what a defect would hide comes out, and an idle one costs next to nothing.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMilliseconds(100);

    public string? EndReason { get; private set; }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await parts.Plane.FollowAsync(guest, on: true).ConfigureAwait(false);
        SafeFileHandle? file = null;
        try
        {
            var bytes = new ConsoleBytes();
            while (true)
            {
                Task changed = guest.Changed();
                bool over = GuestConsoles.IsOver(guest); // before the read: what was written up to the end is read
                file ??= parts.Logs.TryOpen(guest.Id);
                if (file is not null)
                {
                    for (ReadOnlyMemory<byte> piece = bytes.Read(file); !piece.IsEmpty; piece = bytes.Read(file))
                    {
                        yield return piece;
                    }
                }

                if (over)
                {
                    EndReason = guest.Removed ? EndReasons.Destroyed : guest.Record.EndReason;
                    yield break;
                }

                using var look = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                await Task.WhenAny(changed, Task.Delay(LookInterval, look.Token)).ConfigureAwait(false);
                await look.CancelAsync().ConfigureAwait(false); // its timer ends with it
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            file?.Dispose();
            await parts.Plane.FollowAsync(guest, on: false).ConfigureAwait(false);
        }
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        TimeSpan pause = ShortestRetry;
        while (!bytes.IsEmpty && guest.Life is { WantsAttached: true } life)
        {
            int count = Math.Min(bytes.Length, IoMessages.MaxInput);
            IoResult result = await parts.Plane.InputAsync(guest, life, bytes[..count]).ConfigureAwait(false);
            if (result.Succeeded)
            {
                bytes = bytes[count..];
                pause = ShortestRetry;
                continue;
            }

            // Its ring is full; or lightvm-io is away, or is just being told of the guest.
            if (result is { Answered: true, ErrorNumber: not (Errno.EAGAIN or Errno.ENOENT or Errno.EPROTO) })
            {
                parts.Log(LogSeverity.Warning, $"lightvm-io refuses input for '{guest.Name}' (step '{result.Step}', errno {result.ErrorNumber}).");
                return;
            }

            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LongestRetry ? pause * 2 : LongestRetry;
        }
    }

    public Task ResizeAsync(int columns, int rows) => guest.Life is { WantsAttached: true } life
        ? parts.Plane.WindowAsync(guest, life, (ushort)columns, (ushort)rows)
        : Task.CompletedTask;
}
