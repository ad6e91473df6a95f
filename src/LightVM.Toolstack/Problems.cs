using System.Globalization;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>The failures that a user can meet here, each with what to do about it.</summary>
internal static class Problems
{
    public static LightVMException GuestNotFound(string target) => new(
        ErrorCodes.GuestNotFound,
        $"There is no guest '{target}' on this host.",
        target,
        "List the guests of the host with Get-LightVM.");

    public static LightVMException NameTaken(string name) => new(
        ErrorCodes.GuestExists,
        $"A guest named '{name}' exists on this host.",
        name,
        "Choose another name, or remove that guest first.");

    public static LightVMException NameTwice(string name) => new(
        ErrorCodes.GuestExists,
        $"The name '{name}' occurs twice in this request.",
        name,
        "Give each guest a name of its own.");

    public static LightVMException IdTaken(string name, Guid id) => new(
        ErrorCodes.GuestExists,
        $"Guest '{name}' cannot have the id {id}: it is in use on this host.",
        name,
        "Leave the id out, and the host chooses one.");

    public static LightVMException ImageNotFound(string image, string? target = null) => new(
        ErrorCodes.ImageNotFound,
        $"There is no image '{image}' on this host.",
        target ?? image,
        "Import it with Import-LightVMImage, or list the images with Get-LightVMImage.");

    public static LightVMException InvalidArgument(string detail, string? target, string recommendation) =>
        new(ErrorCodes.InvalidArgument, detail, target, recommendation);

    public static LightVMException InvalidState(string name, string detail, string recommendation) =>
        new(ErrorCodes.InvalidState, detail, name, recommendation);

    public static LightVMException Busy(string name) => new(
        ErrorCodes.InvalidState,
        $"Guest '{name}' is busy with another action.",
        name,
        "Try again when that has ended.");

    public static LightVMException DataPlaneUnavailable(string? target, string? cause = null) => new(
        ErrorCodes.DataPlaneUnavailable,
        "The data plane, lightvm-io, is not connected" + (cause is null ? "." : $": {cause}"),
        target,
        "See 'systemctl status lightvm-io.socket lightvm-io.service' on the host.");

    public static LightVMException StartTimeout(string name, TimeSpan limit) => new(
        ErrorCodes.StartTimeout,
        string.Create(CultureInfo.InvariantCulture, $"Guest '{name}' gave no sign of life within {limit.TotalSeconds:0.#} s of its start, and was destroyed."),
        name,
        "Check that its image is built for LightVM (noxs) and that it has memory enough.");

    public static LightVMException EndedAtStart(string name, string reason) => new(
        ErrorCodes.StartTimeout,
        $"Guest '{name}' ended ({reason}) before it gave a sign of life, and was destroyed.",
        name,
        "Check that its image is built for LightVM (noxs) and that it has memory enough.");

    public static LightVMException StopTimeout(string name, int timeoutMs) => new(
        ErrorCodes.StopTimeout,
        string.Create(CultureInfo.InvariantCulture, $"Guest '{name}' did not power off within {timeoutMs / 1000.0:0.###} s; it may still do so."),
        name,
        "Give it more time with -Timeout, or end it with -Force or -TurnOff.");

    public static LightVMException WaitTimeout(string name, WaitRequest request) => new(
        ErrorCodes.WaitTimeout,
        string.Create(
            CultureInfo.InvariantCulture,
            $"Guest '{name}' {(request.For == WaitFor.Console ? $"wrote no line that matches '{request.Console}'" : $"did not reach {request.For}")} within {request.TimeoutMs / 1000.0:0.###} s."),
        name,
        "Give it more time with -Timeout, or look at its console with Receive-LightVMConsole.");

    public static LightVMException Canceled(string target) => new(
        ErrorCodes.Canceled,
        $"'{target}' was not begun: the operation was canceled.",
        target,
        "Ask for it again.");

    public static LightVMException OutOfMemory(string target, long needed, long free, string dom0) => new(
        ErrorCodes.OutOfMemory,
        string.Create(CultureInfo.InvariantCulture, $"Guest '{target}' needs {needed >> 20} MB, and Xen has {free >> 20} MB free; {dom0}"),
        target,
        "Stop or shrink other guests, give dom0 less memory (dom0_mem=), or lower the floor that LightVM leaves to dom0.");

    /// <summary>What liblightvm or the kernel said, for a user.</summary>
    public static LightVMException FromXen(XenException e, string? target)
    {
        (string code, string recommendation) = e.ErrorNumber switch
        {
            Errno.ENOEXEC => (ErrorCodes.ImageInvalid, "Give the image a kernel for Xen: an ELF with Xen notes, or a Linux bzImage that has one in it."),
            Errno.EINVAL => (ErrorCodes.InvalidArgument, "Check memory, vCPUs, affinity and cpupool of the guest."),
            Errno.ENOTSUP => (ErrorCodes.FeatureMissing, "Run it as a pv guest, or on another host."),
            Errno.ENOMEM => (ErrorCodes.OutOfMemory, "Stop or shrink other guests, or give dom0 less memory."),
            _ => (ErrorCodes.XenError, "See 'xl dmesg' and the log of lightvmd on the host."),
        };
        return new LightVMException(
            new Problem
            {
                Code = code,
                Detail = target is null ? e.Message : $"'{target}': {e.Message}",
                Target = target,
                Recommendation = recommendation,
                Details = new() { ["step"] = e.Step, ["errno"] = e.ErrorNumber.ToString(CultureInfo.InvariantCulture) },
            },
            e);
    }

    /// <summary>Any failure as a problem: those that no one foresaw are InternalError.</summary>
    public static Problem From(Exception e, string? target) => e switch
    {
        LightVMException known => known.Problem,
        XenException xen => FromXen(xen, target).Problem,
        OperationCanceledException => Canceled(target ?? "").Problem,
        _ => new Problem
        {
            Code = ErrorCodes.InternalError,
            Detail = $"'{target}': {e.GetType().Name}: {e.Message}",
            Target = target,
            Recommendation = "This is a defect of LightVM; the log of lightvmd has more.",
        },
    };
}
