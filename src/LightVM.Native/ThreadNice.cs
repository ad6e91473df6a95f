using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>How much a thread stands back for others; .NET's thread priorities do nothing on Linux.</summary>
public static partial class ThreadNice
{
    private const int Thread = 0; // PRIO_PROCESS with 0: Linux takes it for the calling thread
    private const int Background = 10;

    /// <summary>Lets the calling thread run when others have nothing to do, mostly.</summary>
    public static void Lower() => _ = setpriority(Thread, 0, Background);

    [LibraryImport("libc")]
    private static partial int setpriority(int which, uint who, int priority);
}
