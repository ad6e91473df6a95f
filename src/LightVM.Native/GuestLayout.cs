using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>struct lightvm_guest_layout: where the back-ends of dom0 find a guest.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct GuestLayout
{
    public uint DomainId { get; set; }

    public uint EventChannel { get; set; }

    public uint ConsoleGrant { get; set; }

    public uint DeviceGrant { get; set; }

    public uint ControlGrant { get; set; }

    /// <summary>0: the guest has a device page; else its port of a XenStore page.</summary>
    public uint StoreEventChannel { get; set; }
}
