using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <content>The builder.</content>
public sealed unsafe partial class XenHost
{
    /// <summary>Creates and builds a guest, paused. What fails leaves nothing behind.</summary>
    /// <param name="config">The guest.</param>
    /// <param name="seeded">
    /// Called on this thread as soon as back-ends can attach the guest, whose building goes on meanwhile, and may still fail; not with
    /// every kernel. What it throws is thrown here, and the guest is destroyed. With it, unpause the guest and call <see cref="Runs"/> next.
    /// </param>
    /// <exception cref="XenException">ENOMEM: Xen has not the memory. EINVAL, ENOEXEC: the image or the numbers.</exception>
    public GuestLayout CreateGuest(ref readonly GuestConfig config, Action<GuestLayout>? seeded = null)
    {
        NativeError error = default;
        GuestLayout layout = default;
        GuestConfig copy = config;
        if (seeded is null)
        {
            return lightvm_guest_create(this, &copy, &layout, &error) == 0 ? layout : throw error.ToException();
        }

        var call = new SeededCall(seeded);
        var context = GCHandle.Alloc(call);
        try
        {
            copy.SetSeeded(&CallSeeded, GCHandle.ToIntPtr(context));
            int result = lightvm_guest_create(this, &copy, &layout, &error);
            if (call.Failure is not null)
            {
                if (result == 0)
                {
                    Destroy(layout.DomainId);
                }

                ExceptionDispatchInfo.Throw(call.Failure);
            }

            return result == 0 ? layout : throw error.ToException();
        }
        finally
        {
            context.Free();
        }
    }

    /// <summary>
    /// Whether a unikernel that was just created, with a callback, has said that it runs: looks for so long (zero: once) without
    /// sleeping. Lets its pages go.
    /// </summary>
    public bool Runs(uint domain, TimeSpan patience) => lightvm_guest_runs(this, domain, (uint)patience.TotalMicroseconds) != 0;

    [UnmanagedCallersOnly]
    private static void CallSeeded(nint context, GuestLayout* layout)
    {
        var call = (SeededCall)GCHandle.FromIntPtr(context).Target!;
        try
        {
            call.Seeded(*layout);
        }
#pragma warning disable CA1031 // Nothing may be thrown through C; it is thrown again behind it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            call.Failure = e;
        }
    }

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_guest_create(
        XenHost host, GuestConfig* config, GuestLayout* layout, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_guest_runs(XenHost host, uint domid, uint patience);

    private sealed class SeededCall(Action<GuestLayout> seeded)
    {
        public Action<GuestLayout> Seeded { get; } = seeded;

        public Exception? Failure { get; set; }
    }
}
