using System.Net.Sockets;
using System.Text;

namespace LightVM.Daemon;

/// <summary>
/// <c>lightvmd metrics</c>: prints GET /metrics, or writes it to a file whole or not at all, as collectors of text files want it. One
/// request, written by hand: it runs every few seconds.
/// </summary>
internal static class MetricsCommand
{
    private const int TimeoutMs = 30_000;

    /// <param name="output">The file; null: standard output.</param>
    public static int Run(string socketPath, string? output)
    {
        try
        {
            byte[] answer = Ask(socketPath);
            int body = answer.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
            if (body < 4 || !answer.AsSpan().StartsWith("HTTP/1.1 200 "u8))
            {
                Console.Error.WriteLine($"lightvmd metrics: {(body >= 4 ? Encoding.UTF8.GetString(answer.AsSpan(body)) : "lightvmd ended before it answered")}");
                return 1;
            }

            if (output is null)
            {
                using Stream stdout = Console.OpenStandardOutput();
                stdout.Write(answer.AsSpan(body));
            }
            else
            {
                Replace(output, answer.AsSpan(body));
            }

            return 0;
        }
        catch (SocketException e)
        {
            Console.Error.WriteLine($"lightvmd metrics: no daemon answers on {socketPath} ({e.Message}); see `systemctl status lightvmd`.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"lightvmd metrics: {e.Message}");
        }

        return 1;
    }

    private static byte[] Ask(string socketPath)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = TimeoutMs };
        socket.Connect(new UnixDomainSocketEndPoint(socketPath));
        socket.Send("GET /metrics HTTP/1.1\r\nHost: lightvm\r\nConnection: close\r\n\r\n"u8);
        using var answer = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        for (int count = socket.Receive(buffer); count > 0; count = socket.Receive(buffer))
        {
            answer.Write(buffer, 0, count);
        }

        return answer.ToArray();
    }

    /// <summary>Readable by all, whatever the umask: collectors are not root.</summary>
    private static void Replace(string path, ReadOnlySpan<byte> content)
    {
        const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        string made = path + ".new"; // collectors take *.prom alone
        File.WriteAllBytes(made, content);
        File.SetUnixFileMode(made, Readable);
        File.Move(made, path, overwrite: true);
    }
}
