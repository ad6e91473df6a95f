using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>
/// The mapped pages of a unikernel that is built and has not run (struct lightvm_shell). Used by one thread at a time. Its
/// disposal does not touch the domain; one that was destroyed before is gone only then.
/// </summary>
public sealed partial class XenShell : SafeHandle
{
    internal XenShell(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    /// <summary>Whether it has said that it runs. Looks for so long at most, without sleeping; zero: once.</summary>
    public bool Runs(TimeSpan patience) => lightvm_shell_runs(this, (uint)patience.TotalMicroseconds) != 0;

    protected override bool ReleaseHandle()
    {
        lightvm_shell_release(handle);
        return true;
    }

    [LibraryImport(XenLibrary.Name)]
    private static partial int lightvm_shell_runs(XenShell shell, uint patienceMicroseconds);

    [LibraryImport(XenLibrary.Name)]
    private static partial void lightvm_shell_release(nint shell);
}
