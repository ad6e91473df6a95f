using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>VIRQ_DOM_EXC: tells that some domain has ended. One process on a host can hold it.</summary>
public sealed unsafe partial class DomainEnds : SafeHandle
{
    private DomainEnds(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    /// <summary>Takes it. Null: another process, an xenstored, has it.</summary>
    public static DomainEnds? TryOpen()
    {
        NativeError error = default;
        nint handle = 0;
        if (lightvm_ends_open(&handle, &error) == 0)
        {
            return new DomainEnds(handle);
        }

        return error.ErrorNumber == Errno.EEXIST ? null : throw error.ToException();
    }

    /// <summary>Waits for some domain to have ended. False: the time is over, or <see cref="Wake"/> was called.</summary>
    public bool Wait(TimeSpan timeout)
    {
        NativeError error = default;
        int fired = 0;
        int ms = timeout == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Min(timeout.TotalMilliseconds, int.MaxValue);
        return lightvm_ends_wait(this, ms, &fired, &error) == 0 ? fired != 0 : throw error.ToException();
    }

    /// <summary>Makes a <see cref="Wait"/> of another thread return at once.</summary>
    public void Wake() => lightvm_ends_wake(this);

    protected override bool ReleaseHandle()
    {
        lightvm_ends_close(handle);
        return true;
    }

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_ends_open(nint* ends, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial void lightvm_ends_close(nint ends);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_ends_wait(DomainEnds ends, int timeoutMs, int* fired, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial void lightvm_ends_wake(DomainEnds ends);
}
