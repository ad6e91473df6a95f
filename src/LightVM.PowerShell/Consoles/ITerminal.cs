namespace LightVM.PowerShell;

/// <summary>A terminal in raw mode: each key comes as it is pressed, and nothing is shown that is not written. Disposing restores it.</summary>
internal interface ITerminal : IDisposable
{
    /// <summary>Characters; 0: not known.</summary>
    (int Columns, int Rows) Size { get; }

    /// <returns>Bytes that were typed; 0: there will be no more.</returns>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);
}
