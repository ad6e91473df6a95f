using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// One connection to lightvm-io. Requests may be sent from any thread, pipelined; replies are matched by serial. It is not
/// trusted: a packet of a wrong size, type, version or serial ends the connection.
/// </summary>
internal sealed partial class IoConnection : IDisposable
{
    private readonly PacketSocket _socket;
    private readonly IDataPlaneClient _client;
    private readonly Lock _sending = new(); // around a send, which may block; the receiving thread never takes it
    private readonly Lock _sync = new();    // around the fields below; short
    private readonly Dictionary<uint, Pending> _pending = [];
    private List<(Guid, uint)>? _listed;
    private uint _serial;
    private bool _lost;

    public IoConnection(PacketSocket socket, IDataPlaneClient client)
    {
        _socket = socket;
        _client = client;
    }

    /// <summary>Of lightvm-io, as it says.</summary>
    public uint PeerPid { get; private set; }

    /// <summary>Receives until the connection is over; then all that is pending is lost.</summary>
    /// <returns>Why it is over.</returns>
    public string Receive()
    {
        try
        {
            Span<byte> packet = stackalloc byte[IoMessages.MaxMessage];
            while (true)
            {
                int length = _socket.Receive(packet);
                if (length == 0)
                {
                    return "lightvm-io closed the connection";
                }

                if (length > packet.Length || !Dispatch(packet[..length]))
                {
                    return "lightvm-io sent a packet that the protocol does not know";
                }
            }
        }
        catch (XenException e)
        {
            return e.Message;
        }
        finally
        {
            LoseAll();
        }
    }

    /// <summary>Makes <see cref="Receive"/> return.</summary>
    public void Break() => _socket.Shutdown();

    public void Dispose() => _socket.Dispose();

    private void Send<T>(ref T message, ref IoMessages.Header header, Action<IoResult> done, params ReadOnlySpan<SafeHandle> descriptors)
        where T : unmanaged => Send(ref message, ref header, new Pending(done, null), descriptors);

    private void Send<T>(ref T message, ref IoMessages.Header header, Pending pending, params ReadOnlySpan<SafeHandle> descriptors)
        where T : unmanaged
    {
        lock (_sending)
        {
            uint serial = Enqueue(pending);
            if (serial != 0)
            {
                header.Version = IoMessages.Version;
                header.Serial = serial;
                try
                {
                    _socket.Send(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref message)), descriptors);
                }
                catch (XenException)
                {
                    _socket.Shutdown(); // the receiving thread finds the connection broken, says why, and loses all that is pending
                }

                return;
            }
        }

        pending.Done(IoResult.Lost);
    }

    /// <summary>The serial to send; 0: the connection is lost.</summary>
    private uint Enqueue(Pending pending)
    {
        lock (_sync)
        {
            if (_lost)
            {
                return 0;
            }

            _serial = _serial == uint.MaxValue ? 1 : _serial + 1;
            _pending.Add(_serial, pending);
            return _serial;
        }
    }

    private bool Dispatch(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < Unsafe.SizeOf<IoMessages.Header>())
        {
            return false;
        }

        var header = MemoryMarshal.Read<IoMessages.Header>(packet);
        if (header.Version != IoMessages.Version || IoMessages.SizeFromPeer(header.Type) != packet.Length)
        {
            return false;
        }

        if (header.Type == IoType.Result)
        {
            return DispatchResult(MemoryMarshal.Read<IoMessages.Result>(packet));
        }

        var guest = MemoryMarshal.Read<IoMessages.Guest>(packet);
        switch (header.Type)
        {
            case IoType.Attached:
                const int mostListed = 1 << 20;
                if (_listed is null || _listed.Count >= mostListed)
                {
                    return false;
                }

                _listed.Add((guest.Uuid, guest.DomainId));
                return true;
            case IoType.FirstEvent:
                _client.OnFirstEvent(guest.Uuid, guest.DomainId, Stopwatch.GetTimestamp());
                return true;
            case IoType.Console:
                _client.OnConsole(guest.Uuid, guest.DomainId);
                return true;
            case IoType.Ended:
                _client.OnEnded(guest.Uuid, guest.DomainId);
                return true;
            case IoType.Fault:
                var fault = MemoryMarshal.Read<IoMessages.Fault>(packet);
                _client.OnFault(fault.Uuid, fault.DomainId, fault.TextString);
                return true;
            case IoType.DeviceState:
                var device = MemoryMarshal.Read<IoMessages.Device>(packet);
                _client.OnDevice(device.Uuid, device.DomainId, new DeviceKey(device.Type, device.Id), new DeviceStatus(
                    device.State, (device.Flags & IoMessages.DeviceReachable) != 0));
                return true;
            case IoType.Counted:
                return DispatchCounted(MemoryMarshal.Read<IoMessages.Counted>(packet));
            default:
                return true; // acknowledged: the end itself is what counts
        }
    }

    private bool DispatchResult(in IoMessages.Result result)
    {
        Pending pending;
        lock (_sync)
        {
            if (!_pending.Remove(result.Header.Serial, out pending))
            {
                return false;
            }
        }

        PeerPid = result.Pid;
        pending.Done(new IoResult(true, result.ErrorNumber, result.ErrorNumber == 0 ? "" : result.StepString));
        return true;
    }

    private bool DispatchCounted(in IoMessages.Counted counted)
    {
        const int most = 1 << 20;
        lock (_sync)
        {
            if (!_pending.TryGetValue(counted.Header.Serial, out Pending pending) || pending.Counted is not { Count: < most } list)
            {
                return false;
            }

            list.Add(counted);
            return true;
        }
    }

    private void LoseAll()
    {
        List<Pending> lost;
        lock (_sync)
        {
            _lost = true;
            lost = [.. _pending.Values];
            _pending.Clear();
        }

        foreach (Pending pending in lost)
        {
            pending.Done(IoResult.Lost);
        }
    }

    /// <param name="Counted">What came in answer to an IO_COUNTERS; null for other requests.</param>
    private readonly record struct Pending(Action<IoResult> Done, List<IoMessages.Counted>? Counted);
}
