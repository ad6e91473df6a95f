using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <content>Save and restore: long calls, so use a host of their own for them.</content>
public sealed unsafe partial class XenHost
{
    /// <summary>Waits until a domain has suspended.</summary>
    /// <exception cref="XenException">ETIMEDOUT: it has not. ESRCH: it is gone, or has ended otherwise.</exception>
    public void AwaitSuspend(uint domain, TimeSpan timeout)
    {
        NativeError error = default;
        if (lightvm_domain_await_suspend(this, domain, (uint)Math.Clamp(timeout.TotalMilliseconds, 0, uint.MaxValue), &error) != 0)
        {
            throw error.ToException();
        }
    }

    /// <summary>Writes a suspended domain to a file, a pipe or a socket. It stays suspended.</summary>
    /// <exception cref="XenException">EINVAL: it is not suspended, or not savable. ECANCELED: by <paramref name="progress"/>.</exception>
    public void Save(uint domain, SafeHandle stream, SaveProgress? progress)
    {
        var config = new SaveConfig { DomainId = domain };
        Save(ref config, stream, progress);
    }

    /// <summary>Writes a running domain, and has it suspended for the last round.</summary>
    /// <param name="maxRounds">After so many, the rest is copied with the guest suspended; 0: five.</param>
    /// <param name="suspend">
    /// Suspends the guest and detaches it from lightvm-io; called on this thread. What it throws is thrown here, once the native
    /// call has returned.
    /// </param>
    public void SaveLive(uint domain, SafeHandle stream, int maxRounds, Action suspend, SaveProgress? progress)
    {
        var call = new SuspendCall(suspend);
        var context = GCHandle.Alloc(call);
        try
        {
            var config = new SaveConfig
            {
                DomainId = domain,
                Flags = SaveConfig.Live,
                MaxRounds = (uint)maxRounds,
                Suspend = &CallSuspend,
                Context = GCHandle.ToIntPtr(context),
            };
            Save(ref config, stream, progress);
        }
        catch (XenException) when (call.Failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(call.Failure);
        }
        finally
        {
            context.Free();
        }
    }

    /// <summary>Lets a suspended domain go on where it is, unpaused: same ports, same rings.</summary>
    public void Resume(uint domain)
    {
        NativeError error = default;
        if (lightvm_guest_resume(this, domain, &error) != 0)
        {
            throw error.ToException();
        }
    }

    /// <summary>Reads a stream into a new domain, paused. What fails leaves nothing behind.</summary>
    /// <param name="process">Null: the stream is read here, for those that are known to be whole.</param>
    /// <param name="config">The domain.</param>
    /// <param name="stream">Read to the stream's own end, and no further.</param>
    /// <param name="progress">Or null.</param>
    /// <exception cref="XenException">EBADMSG: the stream is cut off, altered or of another guest. ENOMEM: Xen has not the memory.</exception>
    public RestoredGuest Restore(RestoreProcess? process, RestoreConfig config, SafeHandle stream, SaveProgress? progress)
    {
        NativeError error = default;
        RestoredGuest restored = default;
        bool streamAdded = false;
        bool processAdded = false;
        try
        {
            stream.DangerousAddRef(ref streamAdded);
            process?.DangerousAddRef(ref processAdded);
            config.SetStream((int)stream.DangerousGetHandle(), progress is null ? null : progress.Pointer);
            nint restorer = process?.DangerousGetHandle() ?? 0;
            return lightvm_guest_restore(this, restorer, &config, &restored, &error) == 0 ? restored : throw error.ToException();
        }
        finally
        {
            if (processAdded)
            {
                process!.DangerousRelease();
            }

            if (streamAdded)
            {
                stream.DangerousRelease();
            }

            GC.KeepAlive(progress);
        }
    }

    [UnmanagedCallersOnly]
    private static int CallSuspend(nint context)
    {
        var call = (SuspendCall)GCHandle.FromIntPtr(context).Target!;
        try
        {
            call.Suspend();
            return 0;
        }
#pragma warning disable CA1031 // Nothing may be thrown through C; it is thrown again behind it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            call.Failure = e;
            return -1;
        }
    }

    private void Save(ref SaveConfig config, SafeHandle stream, SaveProgress? progress)
    {
        NativeError error = default;
        bool added = false;
        try
        {
            stream.DangerousAddRef(ref added);
            config.File = (int)stream.DangerousGetHandle();
            config.Progress = progress is null ? null : progress.Pointer;
            if (lightvm_guest_save(this, (SaveConfig*)Unsafe.AsPointer(ref config), &error) != 0)
            {
                throw error.ToException();
            }
        }
        finally
        {
            if (added)
            {
                stream.DangerousRelease();
            }

            GC.KeepAlive(progress);
        }
    }

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_domain_await_suspend(XenHost host, uint domid, uint timeoutMs, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_guest_save(XenHost host, SaveConfig* config, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_guest_resume(XenHost host, uint domid, NativeError* error);

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_guest_restore(
        XenHost host, nint restorer, RestoreConfig* config, RestoredGuest* restored, NativeError* error);

    private sealed class SuspendCall(Action suspend)
    {
        public Action Suspend { get; } = suspend;

        public Exception? Failure { get; set; }
    }
}
