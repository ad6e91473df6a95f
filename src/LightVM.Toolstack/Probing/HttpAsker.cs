using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LightVM.Toolstack;

/// <summary>
/// Asks a guest over HTTP/1.1. Only the status of the answer is read, at most <see cref="MaxHead"/> bytes of it: the guest may send
/// whatever it wants, for as long as the caller's token lets it.
/// </summary>
internal static class HttpAsker
{
    private const int MaxHead = 512;

    /// <exception cref="SocketException">It could not be asked.</exception>
    /// <exception cref="OperationCanceledException">The token.</exception>
    public static async Task<ProbeAnswer> AskAsync(IPAddress address, int port, string path, CancellationToken cancellationToken)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken).ConfigureAwait(false);
        byte[] request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: lightvmd\r\nAccept: */*\r\nConnection: close\r\n\r\n");
        for (int sent = 0; sent < request.Length;)
        {
            sent += await socket.SendAsync(request.AsMemory(sent), cancellationToken).ConfigureAwait(false);
        }

        byte[] head = new byte[MaxHead];
        int size = 0;
        while (size < head.Length && head.AsSpan(0, size).IndexOf((byte)'\n') < 0)
        {
            int count = await socket.ReceiveAsync(head.AsMemory(size), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                break;
            }

            size += count;
        }

        return Judge(head.AsSpan(0, size));
    }

    /// <summary>What the beginning of an answer says. Pure.</summary>
    internal static ProbeAnswer Judge(ReadOnlySpan<byte> head)
    {
        int end = head.IndexOf((byte)'\n');
        if (end < 0)
        {
            return new ProbeAnswer(false, head.IsEmpty ? "closed the connection without an answer" : "answered with something else than HTTP");
        }

        // HTTP/1.x SP 3DIGIT, then a blank or the end
        ReadOnlySpan<byte> line = head[..end].TrimEnd((byte)'\r');
        bool isStatus = line.Length >= 12 && line.StartsWith("HTTP/1."u8) && line[8] == ' ' && (line.Length == 12 || line[12] == ' ')
            && !line.Slice(9, 3).ContainsAnyExceptInRange((byte)'0', (byte)'9');
        if (!isStatus)
        {
            return new ProbeAnswer(false, "answered with something else than HTTP");
        }

        int status = int.Parse(line.Slice(9, 3), NumberStyles.None, CultureInfo.InvariantCulture);
        return new ProbeAnswer(status is >= 200 and < 400, string.Create(CultureInfo.InvariantCulture, $"answered {status}"));
    }
}
