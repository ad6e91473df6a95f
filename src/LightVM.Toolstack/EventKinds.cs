namespace LightVM.Toolstack;

/// <summary>The kinds of <see cref="Event"/> that the toolstack appends.</summary>
internal static class EventKinds
{
    public const string GuestCreated = nameof(GuestCreated);
    public const string GuestStarted = nameof(GuestStarted);
    public const string GuestStopped = nameof(GuestStopped);
    public const string GuestCrashed = nameof(GuestCrashed);
    public const string GuestPaused = nameof(GuestPaused);
    public const string GuestResumed = nameof(GuestResumed);
    public const string GuestRestarting = nameof(GuestRestarting);
    public const string GuestChanged = nameof(GuestChanged);
    public const string GuestRemoved = nameof(GuestRemoved);
    public const string GuestAdopted = nameof(GuestAdopted);
    public const string GuestFault = nameof(GuestFault);
    public const string GuestReady = nameof(GuestReady);
    public const string GuestNotReady = nameof(GuestNotReady);
    public const string GuestSaved = nameof(GuestSaved);
    public const string GuestRestored = nameof(GuestRestored);
    public const string GuestMoved = nameof(GuestMoved);
    public const string CheckpointRemoved = nameof(CheckpointRemoved);
    public const string AdapterAdded = nameof(AdapterAdded);
    public const string AdapterRemoved = nameof(AdapterRemoved);
    public const string DiskAdded = nameof(DiskAdded);
    public const string DiskRemoved = nameof(DiskRemoved);
    public const string NetworkCreated = nameof(NetworkCreated);
    public const string NetworkChanged = nameof(NetworkChanged);
    public const string NetworkRemoved = nameof(NetworkRemoved);
    public const string DataPlaneConnected = nameof(DataPlaneConnected);
    public const string DataPlaneLost = nameof(DataPlaneLost);
}
