using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>struct lightvm_domain_info.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct DomainInfo
{
    private uint _domain;
    private DomainFlags _flags;
    private ShutdownReason _reason;
    private uint _vcpuCount;
    private ulong _memory;
    private ulong _maxMemory;
    private ulong _cpuTime;
    private fixed byte _uuid[16];

    public readonly uint DomainId => _domain;

    public readonly DomainFlags Flags => _flags;

    /// <summary>Valid with <see cref="DomainFlags.Shutdown"/>.</summary>
    public readonly ShutdownReason ShutdownReason => _reason;

    public readonly int VCpuCount => (int)_vcpuCount;

    /// <summary>Bytes, allocated now.</summary>
    public readonly long Memory => (long)_memory;

    /// <summary>Nanoseconds.</summary>
    public readonly long CpuTime => (long)_cpuTime;

    /// <summary>Its handle.</summary>
    public readonly Guid Uuid
    {
        get
        {
            fixed (byte* uuid = _uuid)
            {
                return new Guid(new ReadOnlySpan<byte>(uuid, 16), bigEndian: true);
            }
        }
    }
}
