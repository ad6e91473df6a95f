namespace LightVM.Client;

/// <summary>The far end of an interactive console.</summary>
public interface IConsoleChannel : IAsyncDisposable
{
    /// <summary>How the guest ended (poweroff, reboot, crash, destroyed), once it has; null before, and where the console ended otherwise.</summary>
    string? End { get; }

    /// <returns>Bytes that the guest has written; 0: there are no more.</returns>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    /// <summary>Bytes for the guest.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default);

    /// <summary>The size of the window at this end, in characters.</summary>
    ValueTask ResizeAsync(int columns, int rows, CancellationToken cancellationToken = default);
}
