using LightVM.Native;

namespace LightVM.Toolstack;

/// <content>Checkpoints: saved guests.</content>
public sealed partial class GuestManager
{
    private readonly Lock _restorerSync = new();
    private RestoreProcess? _restoreProcess;

    /// <summary>Saves guests: one result for each id, then each name. A cancelled token begins no further guest.</summary>
    /// <exception cref="LightVMException">InvalidArgument.</exception>
    public Task<IReadOnlyList<GuestResult>> SaveAsync(
        SaveGuestsRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken) =>
        _checkpoints.SaveAsync(request, actor, progress, cancellationToken);

    /// <summary>Restores checkpoints: one result for each, in that order. A cancelled token begins no further one.</summary>
    public Task<IReadOnlyList<GuestResult>> RestoreAsync(
        RestoreGuestsRequest request, string actor, IProgress<int>? progress, CancellationToken cancellationToken) =>
        _checkpoints.RestoreAsync(request, actor, progress, cancellationToken);

    /// <summary>Makes clones of a guest, which goes on if it runs: one result for each name. A cancelled token begins no further one.</summary>
    /// <param name="ids">Of the clones; null: new ones.</param>
    /// <param name="received">Stopwatch ticks: when the request was decoded.</param>
    /// <exception cref="LightVMException">GuestNotFound, InvalidState, SuspendTimeout, InvalidArgument: none can be made.</exception>
    public Task<IReadOnlyList<GuestResult>> CopyGuestAsync(
        Guid id, CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken) =>
        _copies.CopyGuestAsync(id, request, ids, actor, received, progress, cancellationToken);

    /// <summary>The same of a checkpoint, which stays.</summary>
    /// <exception cref="LightVMException">CheckpointNotFound, CheckpointInvalid, InvalidState, InvalidArgument: none can be made.</exception>
    public Task<IReadOnlyList<GuestResult>> CopyCheckpointAsync(
        string name, CopyGuestsRequest request, IReadOnlyList<Guid>? ids, string actor, long received, IProgress<int>? progress, CancellationToken cancellationToken) =>
        _copies.CopyCheckpointAsync(name, request, ids, actor, received, progress, cancellationToken);

    /// <summary>Sorted by name.</summary>
    public IReadOnlyList<Checkpoint> ListCheckpoints() => _checkpoints.List();

    /// <exception cref="LightVMException">CheckpointNotFound.</exception>
    public Checkpoint GetCheckpoint(string name) => _checkpoints.Get(name);

    /// <param name="force">Whether a guest that is saved in it is Stopped.</param>
    /// <exception cref="LightVMException">CheckpointNotFound, CheckpointInUse.</exception>
    public Task RemoveCheckpointAsync(string name, bool force, string actor) => _checkpoints.RemoveAsync(name, force, actor);

    /// <summary>Its file, to be read from its beginning. The caller disposes it; it stays readable when the checkpoint is removed.</summary>
    /// <exception cref="LightVMException">CheckpointNotFound, CheckpointInvalid.</exception>
    public Stream OpenCheckpoint(string name) => _checkpoints.Open(name);

    /// <summary>Takes a file; nothing is entered unless all of it is whole.</summary>
    /// <param name="automatic">Whether it goes when it was restored.</param>
    /// <exception cref="LightVMException">InvalidArgument, CheckpointExists, CheckpointInvalid.</exception>
    public Task<Checkpoint> PutCheckpointAsync(string name, Stream content, bool automatic, bool force, CancellationToken cancellationToken) =>
        _checkpoints.PutAsync(name, content, automatic, force, cancellationToken);

    /// <summary>
    /// Starts the process that reads saved memory ahead of the first restore, from a thread that stays: the process ends with the thread
    /// that started it.
    /// </summary>
    private void PrepareRestores()
    {
        WaitHandle stopped = _stop.Token.WaitHandle;
        new Thread(() =>
        {
            try
            {
                RestoreProcess();
            }
            catch (XenException e)
            {
                _parts.Log(LogSeverity.Error, $"Nothing can be restored: {e.Message}");
            }

            stopped.WaitOne();
        })
        {
            IsBackground = true,
            Name = "restores",
        }.Start();
    }

    private RestoreProcess RestoreProcess()
    {
        lock (_restorerSync)
        {
            return _restoreProcess ??= Native.RestoreProcess.Start(_parts.Options.RestoreProgram);
        }
    }

    private void DisposeRestorer()
    {
        lock (_restorerSync)
        {
            _restoreProcess?.Dispose();
            _restoreProcess = null;
        }
    }
}
