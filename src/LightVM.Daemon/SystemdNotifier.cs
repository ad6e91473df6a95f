using System.Net.Sockets;
using System.Text;

namespace LightVM.Daemon;

/// <summary>
/// Tells systemd how the service is (sd_notify's protocol: one datagram to <c>$NOTIFY_SOCKET</c>). Without systemd
/// it does nothing.
/// </summary>
internal sealed class SystemdNotifier : IDisposable
{
    private readonly Socket? _socket;
    private readonly Timer? _watchdog;

    /// <param name="address">Value of NOTIFY_SOCKET: a path, or an abstract name that begins with '@'; null or empty: no systemd.</param>
    /// <param name="watchdogMicroseconds">Value of WATCHDOG_USEC, or null.</param>
    public SystemdNotifier(string? address, string? watchdogMicroseconds = null)
    {
        if (string.IsNullOrEmpty(address))
        {
            return;
        }

        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        _socket.Connect(new UnixDomainSocketEndPoint(address[0] == '@' ? '\0' + address[1..] : address));
        if (long.TryParse(watchdogMicroseconds, out long limit) && limit > 0)
        {
            // Twice as often as asked, as sd_watchdog_enabled(3) recommends. The timer shares the thread pool with the requests, so
            // a daemon whose pool is stuck is found out.
            TimeSpan period = TimeSpan.FromMicroseconds(limit / 2.0);
            _watchdog = new Timer(_ => Send("WATCHDOG=1"), null, period, period);
        }
    }

    public static SystemdNotifier FromEnvironment() =>
        new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), Environment.GetEnvironmentVariable("WATCHDOG_USEC"));

    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    public void Status(string status) => Send($"STATUS={status}");

    public void Stopping() => Send("STOPPING=1");

    public void Dispose()
    {
        _watchdog?.Dispose();
        _socket?.Dispose();
    }

    private void Send(string text)
    {
        try
        {
            _socket?.Send(Encoding.UTF8.GetBytes(text));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // systemd being re-executed, or our own end: nobody to tell, and no reason to fail.
            Console.Error.WriteLine($"<4>telling systemd failed: {e.Message}");
        }
    }
}
