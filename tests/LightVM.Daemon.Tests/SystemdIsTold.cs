using System.Net.Sockets;
using System.Text;

namespace LightVM.Daemon.Tests;

/// <summary>sd_notify's protocol, by hand.</summary>
public sealed class SystemdIsTold
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void By_datagrams_to_its_socket(bool isAbstract)
    {
        string name = $"lvmd-notify-{Guid.NewGuid():N}";
        string path = isAbstract ? "\0" + name : Path.Combine(Path.GetTempPath(), name);
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        using (var notifier = new SystemdNotifier(isAbstract ? "@" + name : path, watchdogMicroseconds: "20000"))
        {
            notifier.Ready("3 guests");
            Assert.Equal("READY=1\nSTATUS=3 guests", Receive(systemd));
            Assert.Equal("WATCHDOG=1", Receive(systemd));
        }

        File.Delete(Path.Combine(Path.GetTempPath(), name));
    }

    [Fact]
    public void Without_systemd_nothing_happens()
    {
        using var notifier = new SystemdNotifier(null, null);
        notifier.Ready("");
        notifier.Stopping();
    }

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
