using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>struct lightvm_restore_config: a domain that a stream is to fill. Pointers are borrowed for the call.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct RestoreConfig
{
    private fixed byte _uuid[16];
    private ulong _memory;
    private uint _vcpuCount;
    private uint _type;
    private uint _cpuPool;
    private uint _controlPages;
    private uint _announcedDevices;
    private int _file;
    private byte* _name;
    private SaveProgress.Counters* _progress;
    private fixed ulong _affinity[GuestConfig.AffinityWords];

    /// <summary>Of the new domain; another than was saved makes a clone.</summary>
    public Guid Uuid
    {
        set
        {
            fixed (byte* uuid = _uuid)
            {
                value.TryWriteBytes(new Span<byte>(uuid, 16), bigEndian: true, out _);
            }
        }
    }

    /// <summary>Bytes, as the saved guest was created.</summary>
    public long Memory
    {
        set => _memory = (ulong)value;
    }

    public int VCpuCount
    {
        set => _vcpuCount = (uint)value;
    }

    public DomainType Type
    {
        set => _type = (uint)value;
    }

    public int CpuPool
    {
        set => _cpuPool = (uint)value;
    }

    /// <summary>Of a unikernel, as it was created; 0: a stock kernel.</summary>
    public int ControlPages
    {
        set => _controlPages = (uint)value;
    }

    /// <summary>Network and block devices that will be added at once.</summary>
    public int AnnouncedDevices
    {
        set => _announcedDevices = (uint)value;
    }

    /// <summary>256 bits in four words; all zero: any CPU.</summary>
    public ReadOnlySpan<ulong> Affinity
    {
        set
        {
            fixed (ulong* words = _affinity)
            {
                value.CopyTo(new Span<ulong>(words, GuestConfig.AffinityWords));
            }
        }
    }

    /// <param name="text">NUL-terminated, at most 63 bytes, or null.</param>
    public void SetName(byte* text) => _name = text;

    internal void SetStream(int file, SaveProgress.Counters* progress)
    {
        _file = file;
        _progress = progress;
    }
}
