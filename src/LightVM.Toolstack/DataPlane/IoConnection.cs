using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// One connection to lightvm-io. Requests may be sent from any thread, pipelined; replies are matched by serial. It is not
/// trusted: a packet of a wrong size, type, version or serial ends the connection.
/// </summary>
internal sealed class IoConnection : IDisposable
{
    private readonly PacketSocket _socket;
    private readonly IDataPlaneClient _client;
    private readonly Lock _sending = new(); // around a send, which may block; the receiving thread never takes it
    private readonly Lock _sync = new();    // around the fields below; short
    private readonly Dictionary<uint, Action<IoResult>> _pending = [];
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

    /// <param name="devices">/dev/xen/gntdev, /dev/xen/evtchn, further ones of gntdev.</param>
    public void Hello(ReadOnlySpan<SafeHandle> devices, Action<IoResult> done)
    {
        var message = new IoMessages.Hello { Header = { Type = IoType.Hello }, Pid = (uint)Environment.ProcessId };
        Send(ref message, ref message.Header, done, devices);
    }

    /// <summary>What lightvm-io holds comes with the callback.</summary>
    public void List(Action<IoResult, IReadOnlyList<(Guid Id, uint Domain)>> done)
    {
        var listed = new List<(Guid, uint)>();
        lock (_sync)
        {
            _listed = listed;
        }

        var message = new IoMessages.Header { Type = IoType.List };
        Send(ref message, ref message, result => done(result, listed), []);
    }

    public void Attach(Guid id, Life life, SafeHandle log, Action<IoResult> done)
    {
        var message = new IoMessages.Attach
        {
            Header = { Type = IoType.Attach },
            Uuid = id,
            DomainId = life.Domain,
            EventChannel = life.EventChannel,
            ConsoleGrant = life.ConsoleGrant,
            DeviceGrant = life.DeviceGrant,
            ControlGrant = life.ControlGrant,
        };
        Send(ref message, ref message.Header, done, log);
    }

    /// <summary>Detach, Shutdown (value: the reason) and Follow (value: on).</summary>
    public void About(IoType type, Guid id, uint domain, uint value, Action<IoResult> done)
    {
        var message = new IoMessages.Guest { Header = { Type = type }, Uuid = id, DomainId = domain, Value = value };
        Send(ref message, ref message.Header, done, []);
    }

    /// <summary>Makes <see cref="Receive"/> return.</summary>
    public void Break() => _socket.Shutdown();

    public void Dispose() => _socket.Dispose();

    private void Send<T>(ref T message, ref IoMessages.Header header, Action<IoResult> done, params ReadOnlySpan<SafeHandle> descriptors)
        where T : unmanaged
    {
        lock (_sending)
        {
            uint serial = Enqueue(done);
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

        done(IoResult.Lost);
    }

    /// <summary>The serial to send; 0: the connection is lost.</summary>
    private uint Enqueue(Action<IoResult> done)
    {
        lock (_sync)
        {
            if (_lost)
            {
                return 0;
            }

            _serial = _serial == uint.MaxValue ? 1 : _serial + 1;
            _pending.Add(_serial, done);
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
            default:
                return true; // acknowledged: the end itself is what counts
        }
    }

    private bool DispatchResult(in IoMessages.Result result)
    {
        Action<IoResult>? done;
        lock (_sync)
        {
            if (!_pending.Remove(result.Header.Serial, out done))
            {
                return false;
            }
        }

        PeerPid = result.Pid;
        done(new IoResult(true, result.ErrorNumber, result.ErrorNumber == 0 ? "" : result.StepString));
        return true;
    }

    private void LoseAll()
    {
        List<Action<IoResult>> lost;
        lock (_sync)
        {
            _lost = true;
            lost = [.. _pending.Values];
            _pending.Clear();
        }

        foreach (Action<IoResult> done in lost)
        {
            done(IoResult.Lost);
        }
    }
}
