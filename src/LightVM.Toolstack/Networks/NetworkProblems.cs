using System.Globalization;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>The failures of networks that a user can meet, each with what to do about it.</summary>
internal static class NetworkProblems
{
    public static LightVMException NotFound(string name) => new(
        ErrorCodes.NetworkNotFound,
        $"There is no network '{name}' on this host.",
        name,
        "Make it with New-LightVMNetwork, or list the networks with Get-LightVMNetwork.");

    public static LightVMException InUse(string name, AddressBook book, string what) => new(
        ErrorCodes.NetworkInUse,
        $"Network '{name}' {what}: {book.Count} {(book.Count == 1 ? "adapter is" : "adapters are")} on it, of guest '{book.Leases.First().Guest}'{(book.Count == 1 ? "" : " for one")}.",
        name,
        "Remove those guests or their adapters first.");

    /// <summary>What the kernel said, for a user.</summary>
    public static LightVMException FromKernel(XenException e, string what, string target) => new(
        new Problem
        {
            Code = e.ErrorNumber is Errno.EPERM or Errno.EACCES ? ErrorCodes.AccessDenied : ErrorCodes.InternalError,
            Detail = $"{what}: {e.Message}",
            Target = target,
            Recommendation = e.ErrorNumber switch
            {
                Errno.EPERM or Errno.EACCES => "lightvmd needs CAP_NET_ADMIN: see `systemctl cat lightvmd`.",
                Errno.EEXIST or Errno.EBUSY => "Another program made or uses it: see `ip -d link` on the host.",
                Errno.ENOENT when target.StartsWith("/dev/", StringComparison.Ordinal) => "Load the kernel's module: `modprobe tun`.",
                _ => "See `journalctl -u lightvmd` and `dmesg` on the host.",
            },
            Details = new() { ["step"] = e.Step, ["errno"] = e.ErrorNumber.ToString(CultureInfo.InvariantCulture) },
        },
        e);
}
