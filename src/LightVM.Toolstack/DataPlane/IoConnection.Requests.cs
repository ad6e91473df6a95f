using System.Runtime.InteropServices;

namespace LightVM.Toolstack;

/// <content>What lightvmd asks of lightvm-io.</content>
internal sealed partial class IoConnection
{
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

    /// <param name="store">The store file of a stock kernel, else null.</param>
    public void Attach(Guid id, Life life, SafeHandle log, SafeHandle? store, Action<IoResult> done)
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
            StoreEventChannel = life.StoreEventChannel,
        };
        if (store is null)
        {
            Send(ref message, ref message.Header, done, log);
        }
        else
        {
            Send(ref message, ref message.Header, done, log, store);
        }
    }

    /// <summary>Detach, Shutdown (value: the reason) and Follow (value: on).</summary>
    public void About(IoType type, Guid id, uint domain, uint value, Action<IoResult> done)
    {
        var message = new IoMessages.Guest { Header = { Type = type }, Uuid = id, DomainId = domain, Value = value };
        Send(ref message, ref message.Header, done, []);
    }

    /// <param name="type">Network, or NetworkRemove.</param>
    /// <param name="tap">A queue of the TAP that leads to the host, or null.</param>
    public void Network(IoType type, IoMessages.Network message, SafeHandle? tap, Action<IoResult> done)
    {
        message.Header.Type = type;
        SendWith(ref message, ref message.Header, done, tap);
    }

    /// <param name="tap">The adapter's own, where it is on a bridge; else null.</param>
    public void Net(IoMessages.Net message, SafeHandle? tap, Action<IoResult> done)
    {
        message.Header.Type = IoType.Net;
        SendWith(ref message, ref message.Header, done, tap);
    }

    public void Block(IoMessages.Block message, SafeHandle disk, SafeHandle journal, Action<IoResult> done)
    {
        message.Header.Type = IoType.Block;
        Send(ref message, ref message.Header, done, disk, journal);
    }

    public void DeviceRemove(Guid id, uint domain, DeviceKey device, bool force, Action<IoResult> done)
    {
        var message = new IoMessages.Device
        {
            Header = { Type = IoType.DeviceRemove },
            Uuid = id,
            DomainId = domain,
            Type = device.Type,
            Id = device.Id,
            Flags = force ? IoMessages.DeviceForce : 0,
        };
        Send(ref message, ref message.Header, done, []);
    }

    public void Devices(IoMessages.Devices message, Action<IoResult> done)
    {
        message.Header.Type = IoType.Devices;
        Send(ref message, ref message.Header, done, []);
    }

    /// <summary>Of all devices of a guest; with no id and domain 0, of all guests.</summary>
    public void Counters(Guid id, uint domain, Action<IoResult, IReadOnlyList<IoMessages.Counted>> done)
    {
        var counted = new List<IoMessages.Counted>();
        var message = new IoMessages.Device { Header = { Type = IoType.Counters }, Uuid = id, DomainId = domain };
        Send(ref message, ref message.Header, new Pending(result => done(result, counted), counted), []);
    }

    /// <param name="bytes">At most <see cref="IoMessages.MaxInput"/>.</param>
    public void Input(Guid id, uint domain, ReadOnlySpan<byte> bytes, Action<IoResult> done)
    {
        var message = new IoMessages.Input { Header = { Type = IoType.Input }, Uuid = id, DomainId = domain, Size = (uint)bytes.Length };
        bytes.CopyTo(message.Bytes);
        Send(ref message, ref message.Header, done, []);
    }

    public void Window(Guid id, uint domain, ushort columns, ushort rows, Action<IoResult> done)
    {
        var message = new IoMessages.Window { Header = { Type = IoType.Window }, Uuid = id, DomainId = domain, Columns = columns, Rows = rows };
        Send(ref message, ref message.Header, done, []);
    }

    private void SendWith<T>(ref T message, ref IoMessages.Header header, Action<IoResult> done, SafeHandle? descriptor)
        where T : unmanaged
    {
        if (descriptor is null)
        {
            Send(ref message, ref header, done, []);
        }
        else
        {
            Send(ref message, ref header, done, descriptor);
        }
    }
}
