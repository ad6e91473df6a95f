namespace LightVM.Toolstack;

/// <summary>
/// Moves of guests between hosts: what either daemon does when it is asked to. The one who asks, Move-LightVM, holds a connection to both
/// and carries the memory; docs/migration.md describes the steps. May be called from any thread; each step may be asked for again.
/// </summary>
public interface IGuestMoves
{
    /// <summary>What a destination has to know. Changes nothing.</summary>
    /// <exception cref="LightVMException">GuestNotFound, InvalidState, MoveInDoubt.</exception>
    MoveOffer Offer(string idOrName);

    /// <summary>Whether this host could take a guest. Changes nothing.</summary>
    /// <exception cref="LightVMException">
    /// GuestExists, HostIncompatible, OutOfMemory, ImageExists, NetworkNotFound, NetworkMismatch, AddressInUse, PortInUse, DiskNotFound, DiskNotShared,
    /// DataPlaneUnavailable.
    /// </exception>
    Task<MoveVerdict> CheckAsync(MoveCheck check);

    /// <summary>
    /// Source: sends a guest. Returns when it has been given up; else it goes on here, and this throws.
    /// </summary>
    /// <exception cref="LightVMException">GuestNotFound, InvalidState, MoveInDoubt, SuspendTimeout, XenError, DataPlaneUnavailable, Canceled.</exception>
    Task SendAsync(Guid move, string idOrName, string peer, IMoveSink sink, CancellationToken cancellationToken);

    /// <summary>Destination: begins to take a guest.</summary>
    IIncomingMove Receive(Guid move, string peer, bool acceptNewAddress, bool sharedDisks);

    /// <summary>Source: the guest is this host's no more. Recorded when it returns.</summary>
    /// <exception cref="LightVMException">MoveNotFound: it goes on here.</exception>
    Task<MoveToken> GiveUpAsync(Guid move);

    /// <summary>Destination: the guest is this host's, and runs.</summary>
    /// <exception cref="LightVMException">MoveNotFound, MoveInDoubt: nothing proves that the source has given it up. DiskInUse and others: it is as it was.</exception>
    Task<Guest> StartAsync(Guid move, MoveStart start, string actor);

    /// <summary>Source: it runs at the destination; forgets it. One that is not known is no error.</summary>
    /// <exception cref="LightVMException">MoveInDoubt: it was not given up.</exception>
    Task CompleteAsync(Guid move, string actor);

    /// <summary>Destination: the source knows. One that is not known is no error.</summary>
    Task SettleAsync(Guid move);

    /// <summary>Source: the destination has dropped it, or never will start it: it goes on here.</summary>
    /// <exception cref="LightVMException">MoveNotFound, XenError.</exception>
    Task<Guest> TakeBackAsync(Guid move, string actor);

    /// <summary>Calls a move off: the source goes on, unless it has given the guest up; the destination drops it, unless it has started it.</summary>
    /// <exception cref="LightVMException">MoveNotFound, MoveInDoubt.</exception>
    Task AbortAsync(Guid move, string actor);
}
