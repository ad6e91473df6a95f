using System.Runtime.InteropServices;
using System.Text;

namespace LightVM.Native;

/// <summary>struct lightvm_host_info.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct XenHostInfo
{
    private uint _major;
    private uint _minor;
    private fixed byte _extra[16];
    private ulong _memory;
    private ulong _free;
    private uint _cpuCount;
    private uint _cpuKilohertz;
    private uint _pv;
    private uint _hvm;

    /// <summary>As <c>4.17.4</c>.</summary>
    public readonly string Version
    {
        get
        {
            fixed (byte* extra = _extra)
            {
                var span = new ReadOnlySpan<byte>(extra, 16);
                int end = span.IndexOf((byte)0);
                return $"{_major}.{_minor}{Encoding.ASCII.GetString(end < 0 ? span : span[..end])}";
            }
        }
    }

    /// <summary>Bytes, of the machine.</summary>
    public readonly long Memory => (long)_memory;

    /// <summary>Bytes that no domain has.</summary>
    public readonly long FreeMemory => (long)_free;

    public readonly int CpuCount => (int)_cpuCount;

    public readonly int CpuKilohertz => (int)_cpuKilohertz;

    public readonly bool SupportsPV => _pv != 0;

    public readonly bool SupportsPvh => _hvm != 0;
}
