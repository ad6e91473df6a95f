using System.Runtime.InteropServices;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <content>
/// Requests. Each is sent on the caller's thread without waiting; its callback may come on any thread, with
/// <see cref="IoResult.Lost"/> while there is no connection. Descriptors may be closed when the call returns.
/// </content>
internal sealed partial class DataPlane
{
    /// <param name="store">The store file of a stock kernel, else null.</param>
    public void Attach(Guid id, Life life, SafeHandle log, SafeHandle? store, Action<IoResult> done) =>
        Ask(connection => connection.Attach(id, life, log, store, done), done);

    /// <summary>The same, its answer as a task.</summary>
    public Task<IoResult> AttachAsync(Guid id, Life life, SafeHandle log) =>
        AskAsync((connection, done) => connection.Attach(id, life, log, null, done));

    public Task<IoResult> DetachAsync(Guid id, uint domain) => AboutAsync(IoType.Detach, id, domain, 0);

    public Task<IoResult> ShutdownAsync(Guid id, uint domain, ShutdownReason reason) => AboutAsync(IoType.Shutdown, id, domain, (uint)reason);

    public Task<IoResult> FollowAsync(Guid id, uint domain, bool on) => AboutAsync(IoType.Follow, id, domain, on ? 1u : 0u);

    /// <summary>Has lightvm-io hold a network, or change it.</summary>
    /// <param name="tap">A queue of the TAP that leads to the host; null: none, or the one that is there.</param>
    public Task<IoResult> NetworkAsync(IoMessages.Network network, SafeHandle? tap) =>
        AskAsync((connection, done) => connection.Network(IoType.Network, network, tap, done));

    /// <summary>EBUSY: adapters are on it.</summary>
    public Task<IoResult> NetworkRemoveAsync(Guid network) =>
        AskAsync((connection, done) => connection.Network(IoType.NetworkRemove, new IoMessages.Network { Uuid = network }, null, done));

    /// <param name="tap">The adapter's own, where it is on a bridge; else null.</param>
    public void Net(IoMessages.Net net, SafeHandle? tap, Action<IoResult> done) =>
        Ask(connection => connection.Net(net, tap, done), done);

    public void Block(IoMessages.Block block, SafeHandle disk, SafeHandle journal, Action<IoResult> done) =>
        Ask(connection => connection.Block(block, disk, journal, done), done);

    /// <summary>Which devices a guest is to have, after its attach: what a lightvm-io that was killed offered beside them goes.</summary>
    public Task<IoResult> DevicesAsync(IoMessages.Devices devices) => AskAsync((connection, done) => connection.Devices(devices, done));

    public Task<IoResult> DeviceRemoveAsync(Guid id, uint domain, DeviceKey device, bool force) =>
        AskAsync((connection, done) => connection.DeviceRemove(id, domain, device, force, done));

    /// <summary>Counters of all devices of a guest; so also which devices it has.</summary>
    public Task<(IoResult Result, IReadOnlyList<IoMessages.Counted> Counted)> CountersAsync(Guid id, uint domain)
    {
        var answered = new TaskCompletionSource<(IoResult, IReadOnlyList<IoMessages.Counted>)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Ask(
            connection => connection.Counters(id, domain, (result, counted) => answered.TrySetResult((result, counted))),
            result => answered.TrySetResult((result, [])));
        return answered.Task;
    }

    /// <summary>Counters of all devices of all guests, by one request.</summary>
    public Task<(IoResult Result, IReadOnlyList<IoMessages.Counted> Counted)> CountersAsync() => CountersAsync(Guid.Empty, 0);

    /// <param name="bytes">At most <see cref="IoMessages.MaxInput"/>.</param>
    public Task<IoResult> InputAsync(Guid id, uint domain, ReadOnlyMemory<byte> bytes) =>
        AskAsync((connection, done) => connection.Input(id, domain, bytes.Span, done));

    public Task<IoResult> WindowAsync(Guid id, uint domain, ushort columns, ushort rows) =>
        AskAsync((connection, done) => connection.Window(id, domain, columns, rows, done));

    private Task<IoResult> AboutAsync(IoType type, Guid id, uint domain, uint value) =>
        AskAsync((connection, done) => connection.About(type, id, domain, value, done));

    private Task<IoResult> AskAsync(Action<IoConnection, Action<IoResult>> ask)
    {
        var answered = new TaskCompletionSource<IoResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        Action<IoResult> done = result => answered.TrySetResult(result);
        Ask(connection => ask(connection, done), done);
        return answered.Task;
    }

    private void Ask(Action<IoConnection> ask, Action<IoResult> done)
    {
        if (Volatile.Read(ref _connection) is { } connection)
        {
            ask(connection);
        }
        else
        {
            done(IoResult.Lost);
        }
    }
}
