using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>
/// The process that reads streams, which may be hostile, without rights; started ahead, and again when it has died. Any number
/// of threads may restore by it at once.
/// </summary>
public sealed unsafe partial class RestoreProcess : SafeHandle
{
    private RestoreProcess(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    /// <summary>Starts the program, <c>/usr/libexec/lightvm/lightvm-restore</c> on an installed host.</summary>
    public static RestoreProcess Start(string program)
    {
        NativeError error = default;
        nint handle = 0;
        return lightvm_restorer_open(program, &handle, &error) == 0 ? new RestoreProcess(handle) : throw error.ToException();
    }

    /// <summary>
    /// Has a child wait for the next stream, if none does: a restore that finds one needs not wait for its start. Returns at once; to be
    /// called when nobody waits for anything.
    /// </summary>
    /// <exception cref="XenException">It cannot be started: neither can it be when it is needed.</exception>
    public void Prepare()
    {
        NativeError error = default;
        bool added = false;
        try
        {
            DangerousAddRef(ref added);
            if (lightvm_restorer_prepare(handle, &error) != 0)
            {
                throw error.ToException();
            }
        }
        finally
        {
            if (added)
            {
                DangerousRelease();
            }
        }
    }

    protected override bool ReleaseHandle()
    {
        lightvm_restorer_close(handle);
        return true;
    }

    [LibraryImport(XenLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lightvm_restorer_open(string program, nint* restorer, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_restorer_prepare(nint restorer, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial void lightvm_restorer_close(nint restorer);
}
