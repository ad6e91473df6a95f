using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>How a life ended, as <see cref="Guest.EndReason"/> says it.</summary>
internal static class EndReasons
{
    public const string PowerOff = "poweroff";
    public const string Reboot = "reboot";
    public const string Suspend = "suspend";
    public const string Crash = "crash";
    public const string Destroyed = "destroyed";
    public const string HostReboot = "hostReboot";

    public static string From(ShutdownReason reason) => reason switch
    {
        ShutdownReason.PowerOff => PowerOff,
        ShutdownReason.Reboot => Reboot,
        ShutdownReason.Suspend => Suspend,
        _ => Crash, // watchdog, soft reset, and what Xen may add: nothing that a guest of ours does on purpose
    };
}
