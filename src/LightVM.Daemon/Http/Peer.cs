using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;

namespace LightVM.Daemon.Http;

/// <summary>Who is at the other end of a connection, as the kernel says. A feature of each connection.</summary>
internal sealed class Peer
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private const int SoPeerGroups = 59;

    private static readonly ConcurrentDictionary<uint, string> Actors = new();

    private Peer(string actor, bool admitted)
    {
        Actor = actor;
        Admitted = admitted;
    }

    /// <summary><c>uid:0 (root)</c>; the name is left out if the user has none.</summary>
    public string Actor { get; }

    /// <summary>
    /// Root, the daemon's own user, or a member of the group. The file mode lets nobody else in; this is the second
    /// lock.
    /// </summary>
    public bool Admitted { get; }

    /// <param name="socket">A connected unix socket.</param>
    /// <param name="group">The admitted group, or null if this host has none.</param>
    public static Peer Of(Socket socket, uint? group)
    {
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        uint user = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        uint primary = BinaryPrimitives.ReadUInt32LittleEndian(credentials[8..]);
        bool admitted = user == 0 || user == Libc.EffectiveUserId() || (group is { } g && (primary == g || HasGroup(socket, g)));
        return new Peer(ActorOf(user), admitted);
    }

    public static string ActorOf(uint user) =>
        Actors.GetOrAdd(user, static id => Libc.FindUserName(id) is { } name ? $"uid:{id} ({name})" : $"uid:{id}");

    private static bool HasGroup(Socket socket, uint group)
    {
        Span<byte> groups = stackalloc byte[4 * 1024];
        int length;
        try
        {
            length = socket.GetRawSocketOption(SolSocket, SoPeerGroups, groups);
        }
        catch (SocketException)
        {
            // Before Linux 4.13, or more than 1,024 groups: then the primary group alone counts.
            return false;
        }

        for (; length >= 4; groups = groups[4..], length -= 4)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(groups) == group)
            {
                return true;
            }
        }

        return false;
    }
}
