using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>struct lightvm_save_config.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SaveConfig
{
    public const uint Live = 1;

    public uint DomainId;
    public int File;
    public uint Flags;
    public uint MaxRounds;
    public delegate* unmanaged<nint, int> Suspend;
    public nint Context;
    public SaveProgress.Counters* Progress;
}
