using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace LightVM.Toolstack;

/// <summary>struct store_about of store_file.h: what a stock guest's private XenStore says of the guest. Its size is asserted in a test.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct StoreAbout
{
    public const uint FileMagic = 0x45525453;
    public const ushort FileVersion = 1;
    public const int NameSize = 64;

    public uint Magic;
    public ushort Version;
    public ushort Reserved;
    public IoMessages.Uuid Uuid;
    public uint DomainId;
    public uint VCpuCount;
    public ulong Memory;
    public NameText Name;
    public ConsoleLogLayout.Padding24 Reserved2;

    public static StoreAbout Of(GuestRecord guest, uint domain)
    {
        var about = new StoreAbout
        {
            Magic = FileMagic,
            Version = FileVersion,
            Uuid = guest.Id,
            DomainId = domain,
            VCpuCount = (uint)guest.VCpuCount,
            Memory = (ulong)guest.Memory,
        };
        Encoding.ASCII.GetBytes(guest.Name, about.Name);
        return about;
    }

    [InlineArray(NameSize)]
    public struct NameText
    {
        private byte _first;
    }
}
