namespace LightVM;

/// <summary>Every error code that a user can meet. Stable: scripts compare them.</summary>
public static class ErrorCodes
{
    public const string GuestNotFound = nameof(GuestNotFound);
    public const string GuestExists = nameof(GuestExists);
    public const string ImageNotFound = nameof(ImageNotFound);
    public const string ImageExists = nameof(ImageExists);
    public const string ImageInvalid = nameof(ImageInvalid);
    public const string ImageInUse = nameof(ImageInUse);
    public const string NetworkNotFound = nameof(NetworkNotFound);
    public const string NetworkExists = nameof(NetworkExists);
    public const string NetworkInUse = nameof(NetworkInUse);
    public const string PoolNotFound = nameof(PoolNotFound);
    public const string AddressInUse = nameof(AddressInUse);
    public const string PoolExhausted = nameof(PoolExhausted);
    public const string PortInUse = nameof(PortInUse);
    public const string AdapterNotFound = nameof(AdapterNotFound);
    public const string DiskNotFound = nameof(DiskNotFound);
    public const string DiskInUse = nameof(DiskInUse);
    public const string CheckpointNotFound = nameof(CheckpointNotFound);
    public const string CheckpointExists = nameof(CheckpointExists);
    public const string CheckpointInvalid = nameof(CheckpointInvalid);
    public const string CheckpointInUse = nameof(CheckpointInUse);
    public const string DiskChanged = nameof(DiskChanged);
    public const string SuspendTimeout = nameof(SuspendTimeout);
    public const string DeviceTimeout = nameof(DeviceTimeout);
    public const string MoveNotFound = nameof(MoveNotFound);
    public const string MoveInDoubt = nameof(MoveInDoubt);
    public const string NetworkMismatch = nameof(NetworkMismatch);
    public const string DiskNotShared = nameof(DiskNotShared);
    public const string HostIncompatible = nameof(HostIncompatible);
    public const string SpecInvalid = nameof(SpecInvalid);
    public const string SpecNotFound = nameof(SpecNotFound);
    public const string FleetNotFound = nameof(FleetNotFound);
    public const string OperationNotFound = nameof(OperationNotFound);
    public const string HostNotConnected = nameof(HostNotConnected);
    public const string HostUnreachable = nameof(HostUnreachable);
    public const string AccessDenied = nameof(AccessDenied);
    public const string InvalidState = nameof(InvalidState);
    public const string InvalidArgument = nameof(InvalidArgument);
    public const string StopTimeout = nameof(StopTimeout);
    public const string WaitTimeout = nameof(WaitTimeout);
    public const string StartTimeout = nameof(StartTimeout);
    public const string OutOfMemory = nameof(OutOfMemory);
    public const string FeatureMissing = nameof(FeatureMissing);
    public const string PlanStale = nameof(PlanStale);
    public const string RevisionConflict = nameof(RevisionConflict);
    public const string DataPlaneUnavailable = nameof(DataPlaneUnavailable);
    public const string XenError = nameof(XenError);
    public const string LabFailed = nameof(LabFailed);
    public const string DiskFull = nameof(DiskFull);
    public const string BuildFailed = nameof(BuildFailed);
    public const string Canceled = nameof(Canceled);
    public const string InternalError = nameof(InternalError);
}
