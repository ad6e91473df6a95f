using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace LightVM.Daemon;

/// <summary>
/// <c>lightvmd dial</c>: carries stdin and stdout to the daemon's HTTP/2 socket and back, so that <c>ssh HOST lightvmd dial</c> is a
/// connection. It starts for every connection, so it touches nothing of the server's machinery.
/// </summary>
internal static unsafe class DialCommand
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Returns the exit code: 0 after a proper end; 1 if the daemon is not there or access is denied.</summary>
    public static int Run(string socketPath)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(socketPath));
        }
        catch (SocketException e)
        {
            Console.Error.WriteLine("lightvmd dial: " + Explain(socketPath, e));
            return 1;
        }

        int descriptor = (int)socket.Handle;
        var upstream = new Thread(() =>
        {
            Pump(0, descriptor);
            try
            {
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // The daemon's end has gone already; the other direction notices.
            }
        })
        { IsBackground = true };
        upstream.Start();
        Pump(descriptor, 1);
        Libc.Close(1);
        // The daemon has ended its side. If it listens still, what stdin has left goes to it; if it is gone, we are done.
        if (!HasHungUp(descriptor))
        {
            upstream.Join();
        }

        return 0;
    }

    private static string Explain(string path, SocketException e) => e.SocketErrorCode switch
    {
        SocketError.AccessDenied =>
            $"{ErrorCodes.AccessDenied}: this user may not open {path}; be root or a member of the group lightvm.",
        SocketError.ConnectionRefused or SocketError.AddressNotAvailable =>
            $"{ErrorCodes.HostUnreachable}: no daemon answers on {path}; see `systemctl status lightvmd`.",
        _ => $"{ErrorCodes.HostUnreachable}: connecting to {path} failed ({e.Message}); see `systemctl status lightvmd`.",
    };

    private static bool HasHungUp(int descriptor)
    {
        var entry = new Libc.PollEntry { Descriptor = descriptor };
        return Libc.Poll(&entry, 1, 0) > 0 && (entry.Returned & Libc.POLLHUP) != 0;
    }

    /// <summary>Copies until the source ends or the destination takes no more.</summary>
    private static void Pump(int from, int to)
    {
        byte* buffer = (byte*)NativeMemory.Alloc(BufferSize);
        while (true)
        {
            nint got = Libc.Read(from, buffer, BufferSize);
            if (got < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
            {
                continue;
            }

            if (got <= 0)
            {
                break;
            }

            for (nint done = 0; done < got;)
            {
                nint put = Libc.Write(to, buffer + done, got - done);
                if (put < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
                {
                    continue;
                }

                if (put <= 0)
                {
                    NativeMemory.Free(buffer);
                    return;
                }

                done += put;
            }
        }

        NativeMemory.Free(buffer);
    }
}
