using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>
/// An open connection to Xen. Used by one thread at a time; different ones may be used at once. Failures are
/// <see cref="XenException"/>. Domain functions are in <c>XenHost.Domains.cs</c>, the builder's in <c>XenHost.Guests.cs</c>.
/// </summary>
public sealed unsafe partial class XenHost : SafeHandle
{
    private XenHost(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    /// <summary>Opens Xen by the library that <see cref="XenLibrary.Load"/> chose.</summary>
    /// <exception cref="XenException">ENOSYS: this is no dom0. EPROTO: the library is for another Xen or another ABI.</exception>
    public static XenHost Open()
    {
        NativeError error = default;
        nint handle = 0;
        return lightvm_host_open(XenLibrary.Abi, &handle, &error) == 0 ? new XenHost(handle) : throw error.ToException();
    }

    public XenHostInfo Info()
    {
        NativeError error = default;
        XenHostInfo info = default;
        return lightvm_host_info(this, &info, &error) == 0 ? info : throw error.ToException();
    }

    protected override bool ReleaseHandle()
    {
        lightvm_host_close(handle);
        return true;
    }

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_host_open(uint abi, nint* host, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial void lightvm_host_close(nint host);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_host_info(XenHost host, XenHostInfo* info, NativeError* error);
}
