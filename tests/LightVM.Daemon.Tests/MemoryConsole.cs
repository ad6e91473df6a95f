using System.Threading.Channels;
using LightVM.Toolstack;

namespace LightVM.Daemon.Tests;

/// <summary>A console that a test writes and reads.</summary>
internal sealed class MemoryConsole : IConsoleAttachment
{
    public Channel<byte[]> Output { get; } = Channel.CreateUnbounded<byte[]>();

    public Channel<byte[]> Input { get; } = Channel.CreateUnbounded<byte[]>();

    public Channel<(int Columns, int Rows)> Windows { get; } = Channel.CreateUnbounded<(int, int)>();

    public string? EndReason { get; set; }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (byte[] piece in Output.Reader.ReadAllAsync(cancellationToken))
        {
            yield return piece;
        }
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        await Input.Writer.WriteAsync(bytes.ToArray(), cancellationToken);

    public async Task ResizeAsync(int columns, int rows) => await Windows.Writer.WriteAsync((columns, rows));
}
