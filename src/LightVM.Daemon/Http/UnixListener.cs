using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace LightVM.Daemon.Http;

/// <summary>
/// Makes the daemon's sockets: root:lightvm 0660 from their first moment, in place of what an earlier life has
/// left.
/// </summary>
internal static class UnixListener
{
    public const string GroupName = "lightvm";

    /// <summary>A bound socket that does not listen yet, so nobody gets in before owner and mode are set.</summary>
    public static Socket Bind(EndPoint endPoint, uint? group)
    {
        string path = endPoint.ToString()!;
        File.Delete(path); // the daemon's lock says that no other daemon listens there
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(endPoint);
            if (group is { } g && Libc.ChangeOwner(path, Libc.EffectiveUserId(), g) != 0)
            {
                throw new IOException($"Giving {path} to the group {GroupName} failed: {Marshal.GetLastPInvokeErrorMessage()}");
            }

            File.SetUnixFileMode(
                path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
