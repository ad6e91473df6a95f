using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>
/// Joins a terminal and a guest's console until the escape is typed or the guest ends. What is typed goes to the guest as it is, the
/// size of the window whenever it has changed.
/// </summary>
/// <param name="terminal">Stays the caller's.</param>
/// <param name="console">Stays the caller's.</param>
/// <param name="escape">The byte that ends it: it and what was typed after it do not reach the guest.</param>
internal sealed class ConsoleSession(ITerminal terminal, IConsoleChannel console, byte escape)
{
    private static readonly TimeSpan SizePause = TimeSpan.FromMilliseconds(250);

    /// <exception cref="LightVMException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">The token.</exception>
    public async Task<ConsoleEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ConsoleEnd> typing = TypeAsync(end.Token);
        Task<ConsoleEnd> showing = ShowAsync(end.Token);
        Task sizing = FollowSizeAsync(end.Token);
        try
        {
            Task first = await Task.WhenAny(typing, showing, sizing).ConfigureAwait(false);
            return first == sizing ? throw (await FailureOf(sizing).ConfigureAwait(false))! : await ((Task<ConsoleEnd>)first).ConfigureAwait(false);
        }
        finally
        {
            // Nothing may go on reading keys that belong to the shell again.
            await end.CancelAsync().ConfigureAwait(false);
            await FailureOf(Task.WhenAll(typing, showing, sizing)).ConfigureAwait(false);
        }
    }

    private static async Task<Exception?> FailureOf(Task task)
    {
        await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.Exception?.InnerException ?? (task.IsCanceled ? new OperationCanceledException() : null);
    }

    private async Task<ConsoleEnd> TypeAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[1024];
        while (await terminal.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            int at = buffer.AsSpan(0, count).IndexOf(escape);
            ReadOnlyMemory<byte> typed = buffer.AsMemory(0, at < 0 ? count : at);
            if (typed.Length > 0)
            {
                await console.WriteAsync(typed, cancellationToken).ConfigureAwait(false);
            }

            if (at >= 0)
            {
                break;
            }
        }

        return ConsoleEnd.Left;
    }

    private async Task<ConsoleEnd> ShowAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        while (await console.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            await terminal.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }

        return ConsoleEnd.GuestEnded;
    }

    private async Task FollowSizeAsync(CancellationToken cancellationToken)
    {
        // Its size at the start went along with the request that opened the console.
        (int, int) told = terminal.Size;
        while (true)
        {
            await Task.Delay(SizePause, cancellationToken).ConfigureAwait(false);
            (int columns, int rows) = terminal.Size;
            if ((columns, rows) != told && columns > 0 && rows > 0)
            {
                told = (columns, rows);
                await console.ResizeAsync(columns, rows, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
