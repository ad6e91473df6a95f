using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <content>The builder.</content>
public sealed unsafe partial class XenHost
{
    /// <summary>Creates and builds a guest, paused. What fails leaves nothing behind.</summary>
    /// <exception cref="XenException">ENOMEM: Xen has not the memory. EINVAL, ENOEXEC: the image or the numbers.</exception>
    public GuestLayout CreateGuest(ref readonly GuestConfig config)
    {
        NativeError error = default;
        GuestLayout layout = default;
        fixed (GuestConfig* pointer = &config)
        {
            return lightvm_guest_create(this, pointer, &layout, &error) == 0 ? layout : throw error.ToException();
        }
    }

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_guest_create(
        XenHost host, GuestConfig* config, GuestLayout* layout, NativeError* error);
}
