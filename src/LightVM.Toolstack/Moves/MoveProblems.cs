namespace LightVM.Toolstack;

/// <summary>The failures of moves that a user can meet.</summary>
internal static class MoveProblems
{
    public static LightVMException NotFound(Guid move) => new(
        ErrorCodes.MoveNotFound,
        $"There is no move {move} on this host: it was called off, has ended, or never came here.",
        move.ToString("D"),
        "Run Move-LightVM again.");

    public static LightVMException Undecided(GuestRecord record) => new(
        ErrorCodes.MoveInDoubt,
        record.State == GuestState.Incoming
            ? $"Guest '{record.Name}' came from '{record.Move?.Peer}', which has not given it up as far as is known here."
            : $"Guest '{record.Name}' was given up to '{record.Move?.Peer}', which has not said that it runs there.",
        record.Name,
        "Run Move-LightVM again where it came from, which asks both hosts and goes on; if one of them is lost, decide with Resolve-LightVMMove.");

    public static LightVMException WrongPhase(string name, MoveRecord move, string what) => new(
        ErrorCodes.MoveInDoubt,
        $"Guest '{name}' {what}: its move is {move.ToMove()}.",
        name,
        "Run Move-LightVM again, which asks both hosts and goes on.");

    public static LightVMException NoToken(string name) => new(
        ErrorCodes.MoveInDoubt,
        $"Guest '{name}' is not started: nothing proves that its source has given it up.",
        name,
        "Run Move-LightVM again; if the source is lost, decide with Resolve-LightVMMove.");

    public static LightVMException NotRunning(string name, GuestState state) => Problems.InvalidState(
        name,
        $"Guest '{name}' is {state}, and a guest must run to be moved.",
        state switch
        {
            GuestState.Paused => "Resume it with Resume-LightVM first.",
            GuestState.Saved => "Bring its checkpoint to the other host: Save-LightVM -Path, Restore-LightVM -Path.",
            _ => "Start it first, or make it anew on the other host.",
        });

    public static LightVMException Unsettled(string name, MoveRecord move) => new(
        ErrorCodes.MoveInDoubt,
        $"Guest '{name}' came from '{move.Peer}', which has not said yet that it knows; until then it is not moved on.",
        name,
        $"Run Move-LightVM on '{move.Peer}' again, which settles it; if that host is lost, decide with Resolve-LightVMMove.");

    public static LightVMException Sending(string name, MoveRecord move) => Problems.InvalidState(
        name, $"Guest '{name}' is being moved to '{move.Peer}' already.", "Wait until that has ended.");

    public static LightVMException Lost(string name) => new(
        ErrorCodes.Canceled,
        $"Guest '{name}' was not moved: whoever moved it has gone. It runs on here.",
        name,
        "Run Move-LightVM again.");

    public static LightVMException NetworkMismatch(string name, string detail, string recommendation) => new(
        ErrorCodes.NetworkMismatch, $"Guest '{name}' is not moved: {detail}", name, recommendation);

    public static LightVMException DiskNotShared(string name, string path, string why) => new(
        ErrorCodes.DiskNotShared,
        $"Guest '{name}' is not moved: its disk '{path}' {why}; disks are not copied.",
        name,
        "Put its disks on storage that both hosts share, under the same path, and say so with -SharedDisk.");

    public static LightVMException Incompatible(string name, string detail) => new(
        ErrorCodes.HostIncompatible, $"Guest '{name}' is not moved: {detail}", name, "Move it to a host that is at least as new, or make it anew there.");

    public static LightVMException ImageMissing(string name, string image, string digest) => new(
        ErrorCodes.ImageNotFound,
        $"Guest '{name}' is not moved: this host has not got the image '{image}' ({digest}).",
        name,
        "Import it there with Import-LightVMImage.");
}
