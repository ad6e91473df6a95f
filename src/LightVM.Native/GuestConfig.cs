using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>struct lightvm_guest_config: a guest to be built. Pointers are borrowed for the call.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct GuestConfig
{
    /// <summary>LIGHTVM_MAX_CPUS / 64.</summary>
    public const int AffinityWords = 4;

    /// <summary>Bytes of a command line, its end not counted.</summary>
    public const int MaxCommandLine = 1023;

    private fixed byte _uuid[16];
    private ulong _memory;
    private uint _vcpuCount;
    private uint _type;
    private uint _cpuPool;
    private uint _controlPages;
    private void* _kernel;
    private ulong _kernelSize;
    private void* _ramdisk;
    private ulong _ramdiskSize;
    private byte* _commandLine;
    private byte* _name;
    private uint _announcedDevices;
    private uint _builder;
    private fixed ulong _affinity[AffinityWords];
    private delegate* unmanaged<nint, GuestLayout*, void> _seeded;
    private nint _context;

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

    /// <summary>Bytes, a multiple of 4,096.</summary>
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

    /// <summary>Control pages to reserve and grant, at least one.</summary>
    public int ControlPages
    {
        set => _controlPages = (uint)value;
    }

    /// <summary>256 bits in four words; all zero: any CPU.</summary>
    public ReadOnlySpan<ulong> Affinity
    {
        set
        {
            fixed (ulong* words = _affinity)
            {
                value.CopyTo(new Span<ulong>(words, AffinityWords));
            }
        }
    }

    public void SetKernel(byte* start, long size)
    {
        _kernel = start;
        _kernelSize = (ulong)size;
    }

    public void SetRamdisk(byte* start, long size)
    {
        _ramdisk = start;
        _ramdiskSize = (ulong)size;
    }

    /// <summary>Network and block devices that will be added at once; the guest waits for so many.</summary>
    public int AnnouncedDevices
    {
        set => _announcedDevices = (uint)value;
    }

    /// <param name="text">NUL-terminated, at most 63 bytes, or null.</param>
    public void SetName(byte* text) => _name = text;

    /// <param name="text">NUL-terminated, or null.</param>
    public void SetCommandLine(byte* text) => _commandLine = text;

    /// <summary>Called as soon as back-ends can attach the guest.</summary>
    internal void SetSeeded(delegate* unmanaged<nint, GuestLayout*, void> seeded, nint context)
    {
        _seeded = seeded;
        _context = context;
    }
}
