using LightVM.Toolstack;

namespace LightVM.Daemon;

/// <summary>What the API asks of <see cref="GuestManager"/> of saved guests and clones. Semantics are there.</summary>
internal interface ICheckpoints
{
    Task<IReadOnlyList<GuestResult>> SaveAsync(
        SaveGuestsRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken);

    Task<IReadOnlyList<GuestResult>> RestoreAsync(
        RestoreGuestsRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken);

    Task<IReadOnlyList<GuestResult>> CopyGuestAsync(
        Guid id, CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken);

    Task<IReadOnlyList<GuestResult>> CopyCheckpointAsync(
        string name, CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken);

    IReadOnlyList<Checkpoint> ListCheckpoints();

    Checkpoint GetCheckpoint(string name);

    Task RemoveCheckpointAsync(string name, bool force, string actor);

    Stream OpenCheckpoint(string name);

    Task<Checkpoint> PutCheckpointAsync(string name, Stream content, bool automatic, bool force, CancellationToken cancellationToken);
}
