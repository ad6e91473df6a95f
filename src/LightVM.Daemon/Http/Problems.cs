namespace LightVM.Daemon.Http;

/// <summary>Completes problem documents: status, title and recommendation of each error code.</summary>
internal static class Problems
{
    private static readonly Dictionary<string, (int Status, string Title, string Recommendation)> Table = new()
    {
        [ErrorCodes.GuestNotFound] = (404, "Guest not found", "List the guests of this host: Get-LightVM."),
        [ErrorCodes.GuestExists] = (409, "Guest exists", "Choose another name, or remove the guest that has it."),
        [ErrorCodes.ImageNotFound] = (404, "Image not found", "List the images of this host with Get-LightVMImage; import one with Import-LightVMImage."),
        [ErrorCodes.ImageExists] = (409, "Image exists", "Import it under another name, or with -Force to replace it."),
        [ErrorCodes.ImageInvalid] = (422, "Image invalid", "Build the image again, and import it again."),
        [ErrorCodes.ImageInUse] = (409, "Image in use", "Remove the guests that are defined by it first."),
        [ErrorCodes.NetworkNotFound] = (404, "Network not found", "List the networks of this host with Get-LightVMNetwork; make one with New-LightVMNetwork."),
        [ErrorCodes.NetworkExists] = (409, "Network exists", "Choose another name, or change the network that has it."),
        [ErrorCodes.NetworkInUse] = (409, "Network in use", "Remove the adapters that are on it first."),
        [ErrorCodes.PoolNotFound] = (404, "Pool not found", "See what is kept ready with Get-LightVMPool; set it with Set-LightVMPool."),
        [ErrorCodes.AddressInUse] = (409, "Address in use", "Give another address, or none and the host chooses."),
        [ErrorCodes.PoolExhausted] = (507, "Pool exhausted", "Remove guests, or use a network with a larger subnet."),
        [ErrorCodes.PortInUse] = (409, "Port in use", "Publish another port of the host."),
        [ErrorCodes.AdapterNotFound] = (404, "Adapter not found", "List the guest's adapters: Get-LightVMNetworkAdapter."),
        [ErrorCodes.DiskNotFound] = (404, "Disk not found", "List the guest's disks with Get-LightVMDisk; paths are the host's."),
        [ErrorCodes.DiskInUse] = (409, "Disk in use", "Detach it where it is in use, or attach it read-only everywhere."),
        [ErrorCodes.CheckpointNotFound] = (404, "Checkpoint not found", "List the checkpoints of this host: Get-LightVMCheckpoint."),
        [ErrorCodes.CheckpointExists] = (409, "Checkpoint exists", "Choose another name, or replace it with -Force."),
        [ErrorCodes.CheckpointInvalid] = (422, "Checkpoint invalid", "Use another copy of the file: this one was cut off or altered."),
        [ErrorCodes.CheckpointInUse] = (409, "Checkpoint in use", "Restore the guest that is saved in it first, or give its memory up with -Force."),
        [ErrorCodes.DiskChanged] = (409, "Disk changed", "Put the disk back to what it was, or restore with -Force."),
        [ErrorCodes.SuspendTimeout] = (504, "Suspend timed out", "Give it more time with -Timeout; a guest that cannot suspend itself cannot be saved."),
        [ErrorCodes.DeviceTimeout] = (504, "Device timed out", "Try again, or take it away with -Force."),
        [ErrorCodes.MoveNotFound] = (404, "Move not found", "Run Move-LightVM again."),
        [ErrorCodes.MoveInDoubt] = (409, "Move in doubt", "Run Move-LightVM again; if one of the hosts is lost, decide with Resolve-LightVMMove."),
        [ErrorCodes.NetworkMismatch] = (409, "Network mismatch", "Join the hosts by a bridge of yours, or move it with -AcceptNewAddress."),
        [ErrorCodes.DiskNotShared] = (409, "Disk not shared", "Put its disks on storage that both hosts share."),
        [ErrorCodes.HostIncompatible] = (409, "Host incompatible", "Move it to a host that is at least as new."),
        [ErrorCodes.SpecInvalid] = (422, "Spec invalid", "Correct the spec."),
        [ErrorCodes.SpecNotFound] = (404, "Spec not found", "Look at the path."),
        [ErrorCodes.FleetNotFound] = (404, "Fleet not found", "Apply its spec with Invoke-LightVMReconcile first."),
        [ErrorCodes.RevisionNotFound] = (404, "Revision not found", "List the revisions that are kept: Get-LightVMRevision."),
        [ErrorCodes.FleetLocked] = (409, "Fleet locked", "Wait until that run has ended; a run that was killed gives the fleet up when its lease ends."),
        [ErrorCodes.LeaseLost] = (409, "Lease lost", "Run it again: it goes on from what there is now."),
        [ErrorCodes.OperationNotFound] = (404, "Operation not found", "Operations are held for an hour after their end, and not beyond a restart of lightvmd."),
        [ErrorCodes.HostUnreachable] = (503, "Host unreachable", "See `systemctl status lightvmd` on the host."),
        [ErrorCodes.AccessDenied] = (403, "Access denied", "Be root, or a member of the group lightvm."),
        [ErrorCodes.InvalidState] = (409, "Invalid state", "Bring the guest into a state that allows it first."),
        [ErrorCodes.InvalidArgument] = (400, "Invalid argument", "Correct the request; docs/api.md describes it."),
        [ErrorCodes.StopTimeout] = (504, "Stop timed out", "Give it more time, or destroy it: Stop-LightVM -TurnOff."),
        [ErrorCodes.WaitTimeout] = (504, "Wait timed out", "Wait longer, or look at the guest's console: Receive-LightVMConsole."),
        [ErrorCodes.StartTimeout] = (504, "Start timed out", "Look at the guest's console and memory."),
        [ErrorCodes.OutOfMemory] = (507, "Out of memory", "Stop guests, or give new ones less memory."),
        [ErrorCodes.FeatureMissing] = (501, "Feature missing", "Upgrade lightvmd on this host."),
        [ErrorCodes.PlacementFailed] = (409, "Placement failed", "Add a host, loosen the placement, or make room."),
        [ErrorCodes.SpecEmpty] = (409, "Spec empty", "Allow it, or correct the spec."),
        [ErrorCodes.PlanStale] = (409, "Plan stale", "Plan again."),
        [ErrorCodes.PlanIncomplete] = (400, "Plan incomplete", "Give all steps of one plan."),
        [ErrorCodes.PlanInvalid] = (422, "Plan invalid", "Plan again."),
        [ErrorCodes.PlanNotFound] = (404, "Plan not found", "Look at the path."),
        [ErrorCodes.RevisionConflict] = (412, "Revision conflict", "Read it again, and repeat the change on what it is now."),
        [ErrorCodes.DataPlaneUnavailable] = (503, "Data plane unavailable", "See `systemctl status lightvm-io` on the host."),
        [ErrorCodes.XenError] = (502, "Xen error", "See `xl dmesg` and the daemon's log on the host."),
        [ErrorCodes.LabFailed] = (500, "Lab failed", "Look at the lab's log."),
        [ErrorCodes.BuildFailed] = (422, "Build failed", "Correct the source."),
        [ErrorCodes.TestFailed] = (422, "Test failed", "Look at what the guest says on its console."),
        [ErrorCodes.Canceled] = (409, "Canceled", "Repeat the request if it is still wanted."),
        [ErrorCodes.InternalError] = (500, "Internal error", "See `journalctl -u lightvmd` on the host."),
    };

    /// <summary>The document with everything that its code says of itself filled in; what it has already stays.</summary>
    public static Problem Complete(Problem problem)
    {
        if (problem.Status != 0 && problem.Title.Length > 0 && problem.Recommendation is not null)
        {
            return problem;
        }

        if (!Table.TryGetValue(problem.Code, out var row))
        {
            row = (500, problem.Code, "See `journalctl -u lightvmd` on the host.");
        }

        return new Problem
        {
            Type = problem.Type,
            Title = problem.Title.Length > 0 ? problem.Title : row.Title,
            Status = problem.Status != 0 ? problem.Status : row.Status,
            Detail = problem.Detail,
            Code = problem.Code,
            Target = problem.Target,
            Recommendation = problem.Recommendation ?? row.Recommendation,
            Details = problem.Details,
        };
    }

    /// <summary>What came in the way, for somebody who gets no answer but this.</summary>
    public static Problem From(Exception e) => Complete(e is LightVMException known
        ? known.Problem
        : new Problem { Code = ErrorCodes.Canceled, Detail = "The connection broke, or lightvmd stops." });

    /// <summary>The same for each failed guest of a batch.</summary>
    public static IReadOnlyList<GuestResult> Complete(IReadOnlyList<GuestResult> results)
    {
        GuestResult[]? completed = null;
        for (int i = 0; i < results.Count; i++)
        {
            if (results[i].Problem is { } problem && Complete(problem) is { } whole && !ReferenceEquals(whole, problem))
            {
                completed ??= [.. results];
                completed[i] = new GuestResult
                {
                    Target = results[i].Target,
                    Guest = results[i].Guest,
                    Problem = whole,
                    Changed = results[i].Changed,
                };
            }
        }

        return completed ?? results;
    }

    public static LightVMException InvalidArgument(string detail, string? target = null, int status = 0, string? recommendation = null) =>
        new(new Problem
        {
            Code = ErrorCodes.InvalidArgument, Detail = detail, Target = target, Status = status, Recommendation = recommendation,
        });
}
