using System.Diagnostics;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>One domain of a guest, from its building to its destruction.</summary>
internal sealed class Life
{
    private int _ending;
    private int _goingOn;

    public Life(uint domain, uint eventChannel, uint consoleGrant, uint deviceGrant, uint controlGrant, uint storeEventChannel)
    {
        Domain = domain;
        EventChannel = eventChannel;
        ConsoleGrant = consoleGrant;
        DeviceGrant = deviceGrant;
        ControlGrant = controlGrant;
        StoreEventChannel = storeEventChannel;
    }

    public uint Domain { get; }

    public uint EventChannel { get; }

    public uint ConsoleGrant { get; }

    public uint DeviceGrant { get; }

    public uint ControlGrant { get; }

    /// <summary>0: it has a device page; else its port of a XenStore page.</summary>
    public uint StoreEventChannel { get; }

    /// <summary>When it began; a list of domains that is older says nothing about it.</summary>
    public long BeginTimestamp { get; } = Stopwatch.GetTimestamp();

    /// <summary>Whether lightvm-io is to hold its back-ends. Guarded by <see cref="ManagedGuest.Sync"/>.</summary>
    public bool WantsAttached { get; set; }

    /// <summary>Its start: ends with the first event, or with what came instead.</summary>
    public TaskCompletionSource<StartOutcome> Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when lightvm-io holds its back-ends for the first time (null), or says why it cannot.</summary>
    public TaskCompletionSource<LightVMException?> Attached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether its start waits for <see cref="Attached"/>; else a failure is told by an event.</summary>
    public bool AwaitsAttach { get; set; }

    /// <summary>What lightvm-io says of its devices.</summary>
    public LifeDevices Devices { get; } = new();

    /// <summary>A power-off was asked for: when it comes, it is not started again by policy. Guarded by the guest's Sync.</summary>
    public bool StopRequested { get; set; }

    /// <summary>
    /// It was asked to suspend itself, now or earlier: when it does so without anybody waiting for it any more, it is let go on. Guarded
    /// by the guest's Sync.
    /// </summary>
    public bool SuspendAsked { get; set; }

    public static Life From(in GuestLayout layout) =>
        new(layout.DomainId, layout.EventChannel, layout.ConsoleGrant, layout.DeviceGrant, layout.ControlGrant, layout.StoreEventChannel);

    public static Life From(GuestRecord record) => new(
        (uint)record.DomainId!.Value,
        (uint)record.EventChannel,
        (uint)record.ConsoleGrant,
        (uint)record.DeviceGrant,
        (uint)record.ControlGrant,
        (uint)record.StoreEventChannel);

    /// <summary>True if nobody else is about to let it go on after a suspend.</summary>
    public bool BeginGoingOn() => Interlocked.Exchange(ref _goingOn, 1) == 0;

    public void EndGoingOn() => Volatile.Write(ref _goingOn, 0);

    /// <summary>True for the first caller only: its end is dealt with once.</summary>
    public bool BeginEnd() => Interlocked.Exchange(ref _ending, 1) == 0;
}
