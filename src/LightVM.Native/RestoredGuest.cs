using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>struct lightvm_restored: where the back-ends of dom0 find a restored guest.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RestoredGuest
{
    public GuestLayout Layout { get; set; }

    /// <summary>Of its console ring: what dom0 had taken. Its log's base is head - this.</summary>
    public uint ConsoleIndex { get; set; }

    internal uint Reserved { get; set; }
}
