using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>The one table from error codes to PowerShell's categories.</summary>
internal static class ErrorCategories
{
    private static readonly Dictionary<string, ErrorCategory> Table = new()
    {
        [ErrorCodes.GuestNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.ImageNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.SpecNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.PlanNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.FleetNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.RevisionNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.JobNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.FleetLocked] = ErrorCategory.ResourceBusy,
        [ErrorCodes.LeaseLost] = ErrorCategory.ResourceBusy,
        [ErrorCodes.OperationNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.HostNotConnected] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.NetworkNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.PoolNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.AdapterNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.DiskNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.CheckpointNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.MoveNotFound] = ErrorCategory.ObjectNotFound,
        [ErrorCodes.GuestExists] = ErrorCategory.ResourceExists,
        [ErrorCodes.ImageExists] = ErrorCategory.ResourceExists,
        [ErrorCodes.NetworkExists] = ErrorCategory.ResourceExists,
        [ErrorCodes.CheckpointExists] = ErrorCategory.ResourceExists,
        [ErrorCodes.HostExists] = ErrorCategory.ResourceExists,
        [ErrorCodes.CheckpointInUse] = ErrorCategory.ResourceBusy,
        [ErrorCodes.ImageInUse] = ErrorCategory.ResourceBusy,
        [ErrorCodes.NetworkInUse] = ErrorCategory.ResourceBusy,
        [ErrorCodes.AddressInUse] = ErrorCategory.ResourceBusy,
        [ErrorCodes.PortInUse] = ErrorCategory.ResourceBusy,
        [ErrorCodes.DiskInUse] = ErrorCategory.ResourceBusy,
        [ErrorCodes.RevisionConflict] = ErrorCategory.ResourceBusy,
        [ErrorCodes.ImageInvalid] = ErrorCategory.InvalidData,
        [ErrorCodes.CheckpointInvalid] = ErrorCategory.InvalidData,
        [ErrorCodes.SpecInvalid] = ErrorCategory.InvalidData,
        [ErrorCodes.PlanInvalid] = ErrorCategory.InvalidData,
        [ErrorCodes.HostsFileInvalid] = ErrorCategory.InvalidData,
        [ErrorCodes.BuildFailed] = ErrorCategory.InvalidData,
        [ErrorCodes.TestFailed] = ErrorCategory.InvalidResult,
        [ErrorCodes.PlanIncomplete] = ErrorCategory.InvalidArgument,
        [ErrorCodes.InvalidArgument] = ErrorCategory.InvalidArgument,
        [ErrorCodes.HostUnreachable] = ErrorCategory.ConnectionError,
        [ErrorCodes.AccessDenied] = ErrorCategory.PermissionDenied,
        [ErrorCodes.MoveInDoubt] = ErrorCategory.InvalidOperation,
        [ErrorCodes.NetworkMismatch] = ErrorCategory.InvalidOperation,
        [ErrorCodes.DiskNotShared] = ErrorCategory.InvalidOperation,
        [ErrorCodes.HostIncompatible] = ErrorCategory.InvalidOperation,
        [ErrorCodes.InvalidState] = ErrorCategory.InvalidOperation,
        [ErrorCodes.DiskChanged] = ErrorCategory.InvalidOperation,
        [ErrorCodes.PlacementFailed] = ErrorCategory.ResourceUnavailable,
        [ErrorCodes.SpecEmpty] = ErrorCategory.InvalidOperation,
        [ErrorCodes.PlanStale] = ErrorCategory.InvalidOperation,
        [ErrorCodes.UpdateFailed] = ErrorCategory.InvalidResult,
        [ErrorCodes.StopTimeout] = ErrorCategory.OperationTimeout,
        [ErrorCodes.WaitTimeout] = ErrorCategory.OperationTimeout,
        [ErrorCodes.SuspendTimeout] = ErrorCategory.OperationTimeout,
        [ErrorCodes.StartTimeout] = ErrorCategory.OperationTimeout,
        [ErrorCodes.DeviceTimeout] = ErrorCategory.OperationTimeout,
        [ErrorCodes.PoolExhausted] = ErrorCategory.ResourceUnavailable,
        [ErrorCodes.OutOfMemory] = ErrorCategory.ResourceUnavailable,
        [ErrorCodes.DataPlaneUnavailable] = ErrorCategory.ResourceUnavailable,
        [ErrorCodes.DiskFull] = ErrorCategory.ResourceUnavailable,
        [ErrorCodes.InstallFailed] = ErrorCategory.InvalidResult,
        [ErrorCodes.ScheduleFailed] = ErrorCategory.ResourceUnavailable,
        [ErrorCodes.LabFailed] = ErrorCategory.ResourceUnavailable,
        [ErrorCodes.FeatureMissing] = ErrorCategory.NotImplemented,
        [ErrorCodes.XenError] = ErrorCategory.DeviceError,
        [ErrorCodes.Canceled] = ErrorCategory.OperationStopped,
        [ErrorCodes.InternalError] = ErrorCategory.InvalidResult,
    };

    /// <summary>A newer daemon may send a code that this client has not heard of: NotSpecified.</summary>
    public static ErrorCategory Of(string code) => Table.GetValueOrDefault(code, ErrorCategory.NotSpecified);

    /// <summary>The error record of a problem: id = its code, target = what was asked for, recommended action always.</summary>
    public static ErrorRecord ToErrorRecord(LightVMException exception, object? target = null)
    {
        Problem problem = exception.Problem;
        return new ErrorRecord(exception, problem.Code, Of(problem.Code), target ?? problem.Target)
        {
            ErrorDetails = new ErrorDetails(exception.Message)
            {
                RecommendedAction = problem.Recommendation ?? "See what the daemon logs: journalctl -u lightvmd",
            },
        };
    }
}
