namespace LightVM.Native;

/// <summary>SHUTDOWN_* of xen/sched.h: why a domain says it has ended, or is asked to.</summary>
public enum ShutdownReason : uint
{
    PowerOff = 0,
    Reboot = 1,
    Suspend = 2,
    Crash = 3,
    Watchdog = 4,
    SoftReset = 5,
}
