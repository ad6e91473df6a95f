namespace LightVM.Toolstack;

/// <summary>Where the memory of a guest goes that is moved away. One call at a time.</summary>
public interface IMoveSink
{
    /// <summary>Completes when whoever takes it has gone, or says that nothing more is wanted.</summary>
    Task Closed { get; }

    /// <param name="message">Of <see cref="SparseBytes"/>; valid until the call has completed.</param>
    ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken);

    ValueTask TellAsync(MoveProgress progress, CancellationToken cancellationToken);
}
