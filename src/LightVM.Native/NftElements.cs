using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>
/// Elements of sets and maps of nf_tables, by netlink: a few tens of microseconds where a run of nft takes a process. Not thread-safe.
/// </summary>
public sealed class NftElements : IDisposable
{
    private const ushort BatchBegin = 16;
    private const ushort BatchEnd = 17;
    private const ushort Subsystem = 10;
    private const ushort GetTable = (Subsystem << 8) | 1;
    private const ushort NewElement = (Subsystem << 8) | 12;
    private const ushort DeleteElement = (Subsystem << 8) | 14;
    private readonly NetlinkSocket _socket = NetlinkSocket.Open(NetlinkSocket.Netfilter);

    /// <summary>Adds and removes elements, all or none.</summary>
    /// <param name="family">1 is inet.</param>
    /// <exception cref="XenException">ENOENT: table, set or an element to remove is not there. EEXIST: a key is there with another value.</exception>
    public void Change(byte family, string table, IReadOnlyCollection<NftElement> added, IReadOnlyCollection<NftElement> removed)
    {
        if (added.Count + removed.Count == 0)
        {
            return;
        }

        // Only the last one is acknowledged, and those that are refused: hundreds of answers would not fit into the socket.
        int left = added.Count + removed.Count;
        ushort Acknowledge() => --left == 0 ? NetlinkMessage.Acknowledge : (ushort)0;
        var messages = new List<NetlinkMessage> { new NetlinkMessage(BatchBegin, 0).Append(Header.Batch) };
        messages.AddRange(removed.Select(element => Message(family, table, element, DeleteElement, Acknowledge())));
        messages.AddRange(added.Select(element => Message(family, table, element, NewElement, (ushort)(NetlinkMessage.Create | Acknowledge()))));
        messages.Add(new NetlinkMessage(BatchEnd, 0).Append(Header.Batch));
        _socket.DoAll(messages, $"change elements of table '{table}'");
    }

    /// <summary>Whether there is such a table; false also where the kernel has no nf_tables at all.</summary>
    public bool HasTable(byte family, string table)
    {
        bool found = false;
        try
        {
            _socket.Dump(
                () => new NetlinkMessage(GetTable, NetlinkMessage.Acknowledge).Append(new Header { Family = family }).Attribute(1, table),
                $"find table '{table}'",
                static () => { },
                (_, _) => found = true);
        }
        catch (XenException e) when (e.ErrorNumber is Errno.ENOENT or Errno.EOPNOTSUPP or Errno.EINVAL)
        {
            return false;
        }

        return found;
    }

    public void Dispose() => _socket.Dispose();

    private static NetlinkMessage Message(byte family, string table, NftElement element, ushort type, ushort flags) =>
        new NetlinkMessage(type, flags)
            .Append(new Header { Family = family })
            .Attribute(1, table)
            .Attribute(2, element.Set)
            .Nest(3 | NetlinkMessage.Nested, list => list.Nest(1 | NetlinkMessage.Nested, one =>
            {
                one.Nest(1 | NetlinkMessage.Nested, key => key.Attribute(1, element.Key));
                if (element.Data.Length > 0 && type == NewElement)
                {
                    one.Nest(2 | NetlinkMessage.Nested, data => data.Attribute(1, element.Data));
                }
            }));

    /// <summary>struct nfgenmsg; the resource id is big-endian.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public static readonly Header Batch = new() { Resource = BinaryPrimitives.ReverseEndianness(Subsystem) };

        public byte Family;
        public byte Version;
        public ushort Resource;
    }
}
