using System.Globalization;

namespace LightVM.Toolstack;

/// <summary>The failures of saves and restores that a user can meet.</summary>
internal static class CheckpointProblems
{
    public static LightVMException NotFound(string name) => new(
        ErrorCodes.CheckpointNotFound, $"There is no checkpoint '{name}' on this host.", name, "List the checkpoints of the host with Get-LightVMCheckpoint.");

    public static LightVMException Exists(string name) => new(
        ErrorCodes.CheckpointExists, $"A checkpoint named '{name}' exists on this host.", name, "Choose another name, or replace it with -Force.");

    public static LightVMException InUse(string name, string guest) => new(
        ErrorCodes.CheckpointInUse,
        $"Guest '{guest}' is saved in checkpoint '{name}'.",
        name,
        "Restore the guest first, or give its memory up with -Force: it is Stopped then.");

    public static LightVMException SuspendTimeout(string name, int timeoutMs) => new(
        ErrorCodes.SuspendTimeout,
        string.Create(CultureInfo.InvariantCulture, $"Guest '{name}' did not suspend itself within {timeoutMs / 1000.0:0.###} s; it runs on."),
        name,
        "Give it more time with -Timeout; a guest that does not answer cannot be saved.");

    public static LightVMException CannotSuspend(string name) => Problems.InvalidState(
        name, $"Guest '{name}' cannot be saved: its kernel does not suspend itself. It runs on.", "Give its image a kernel that can, or stop the guest in place of saving it.");

    public static LightVMException NotRunning(string name, GuestState state) => Problems.InvalidState(
        name,
        $"Guest '{name}' is {state}, and a guest must run to be saved.",
        state switch
        {
            GuestState.Paused => "Resume it with Resume-LightVM first.",
            GuestState.Saved => "It is saved already: restore it with Start-LightVM.",
            _ => "Start it first.",
        });

    public static LightVMException AlreadyRuns(string checkpoint, string guest, GuestState state) => Problems.InvalidState(
        guest,
        $"Checkpoint '{checkpoint}' is not restored: its guest '{guest}' is {state}, and there are never two of one guest.",
        $"Stop it first: Stop-LightVM {guest}.");

    public static LightVMException SavedElsewhere(string checkpoint, string guest, string other) => Problems.InvalidState(
        guest,
        $"Checkpoint '{checkpoint}' is not restored: its guest '{guest}' is saved in '{other}', which would be given up.",
        $"Restore '{other}', or give it up with -Force.");

    public static LightVMException DevicesDiffer(string checkpoint, string guest) => Problems.InvalidState(
        guest,
        $"Checkpoint '{checkpoint}' is not restored: guest '{guest}' has other adapters or disks now than its memory knows of.",
        $"Give it those back, or remove it (Remove-LightVM {guest}): restoring makes it anew then, as it was.");

    public static LightVMException DiskChanged(string checkpoint, string guest, string path, string how) => new(
        ErrorCodes.DiskChanged,
        $"Checkpoint '{checkpoint}' of guest '{guest}' is not restored: its disk '{path}' {how}, which its memory does not know of.",
        path,
        "Put the disk back to what it was, or restore with -Force: the guest's file system may break then.");

    public static LightVMException ImageGone(string checkpoint, string image, string digest) => new(
        ErrorCodes.ImageNotFound,
        $"Checkpoint '{checkpoint}' is not restored: its guest's image '{image}' ({digest}) is not on this host, and later starts need it.",
        checkpoint,
        "Bring it here first: Import-LightVMImage.");

    public static LightVMException NoSpace(string name, Exception e) => new(
        ErrorCodes.InternalError, $"Guest '{name}' cannot be saved: {e.Message}", name, "Look at the free space of /var/lib/lightvm.", e);
}
