using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>
/// The time of day to some milliseconds, as the kernel's last tick saw it. On a PV dom0 an exact clock may be a system call, and that
/// costs what a hypercall does; this one is a read of memory.
/// </summary>
public sealed unsafe partial class CoarseClock : TimeProvider
{
    private const int RealTimeCoarse = 5;

    private CoarseClock()
    {
    }

    public static CoarseClock Instance { get; } = new();

    public static DateTimeOffset UtcNow
    {
        get
        {
            Timespec now;
            return clock_gettime(RealTimeCoarse, &now) == 0
                ? new DateTimeOffset(DateTime.UnixEpoch.Ticks + (now.Seconds * TimeSpan.TicksPerSecond) + (now.Nanoseconds / 100), TimeSpan.Zero)
                : DateTimeOffset.UtcNow;
        }
    }

    public override DateTimeOffset GetUtcNow() => UtcNow;

    [LibraryImport("libc")]
    [SuppressGCTransition]
    private static partial int clock_gettime(int clock, Timespec* time);

    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
