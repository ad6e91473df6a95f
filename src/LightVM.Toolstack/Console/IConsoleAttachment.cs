namespace LightVM.Toolstack;

/// <summary>One end of a guest's console: several may watch one guest, and what they type goes there in the order of its coming.</summary>
public interface IConsoleAttachment
{
    /// <summary>Bytes as the guest writes them, beginning with the last 4 KB that are logged; ends when the guest has ended. A piece is valid until the next is asked for.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>How its life ended, as <see cref="Guest.EndReason"/>; once <see cref="ReadAsync"/> has ended.</summary>
    string? EndReason { get; }

    /// <summary>Types. Returns when the guest's ring has taken all of it; what comes while it does not run is dropped.</summary>
    Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Tells the guest the size of the window; the last one that was told counts.</summary>
    Task ResizeAsync(int columns, int rows);
}
