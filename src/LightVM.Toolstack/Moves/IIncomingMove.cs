namespace LightVM.Toolstack;

/// <summary>A guest that is coming from another host. Disposed before it is complete: nothing of it is left. Not for several threads.</summary>
public interface IIncomingMove : IAsyncDisposable
{
    /// <summary>The next message of the stream. May wait for Xen.</summary>
    /// <exception cref="LightVMException">Why the guest cannot come here.</exception>
    void Append(ReadOnlySpan<byte> message);

    /// <summary>The stream is over: verifies it, and records the guest as received. From here on it stays, paused, until its move is decided.</summary>
    /// <exception cref="LightVMException">As above; CheckpointInvalid.</exception>
    Task CompleteAsync();
}
