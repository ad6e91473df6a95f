using System.Net.Sockets;
using System.Text;

namespace LightVM.Daemon;

/// <summary>
/// <c>lightvmd shutdown-guests</c>: what lightvm-guests.service runs when the host goes down. One request, written by hand, since it
/// must work in the narrow minutes of a shutdown.
/// </summary>
internal static class ShutdownGuestsCommand
{
    public static int Run(string socketPath, TimeSpan limit)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(socketPath));
            socket.Send(Encoding.ASCII.GetBytes(
                $"POST /v1/host/shutdown-guests?timeoutMs={(long)limit.TotalMilliseconds} HTTP/1.1\r\n"
                + "Host: lightvm\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            using var reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
            string answer = reader.ReadToEnd();
            if (answer.StartsWith("HTTP/1.1 204 ", StringComparison.Ordinal))
            {
                return 0;
            }

            int body = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            Console.Error.WriteLine($"lightvmd shutdown-guests: {(body > 0 ? answer[(body + 4)..] : "lightvmd ended before it answered")}");
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            Console.Error.WriteLine($"lightvmd shutdown-guests: no daemon answers on {socketPath} ({e.Message}).");
        }

        return 1;
    }
}
