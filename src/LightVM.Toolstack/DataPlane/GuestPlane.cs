using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// What lightvm-io is to hold, guest by guest, and what it tells of them. What it receives comes on a thread that never takes
/// a guest's Sync: that is held while requests are sent, and lightvm-io reads none while its answers are not taken.
/// </summary>
internal sealed class GuestPlane : IDataPlaneClient, IDisposable
{
    private static readonly TimeSpan DetachTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CountersTimeout = TimeSpan.FromSeconds(5);
    private readonly ToolstackParts _parts;
    private readonly DataPlane _plane;

    public GuestPlane(ToolstackParts parts)
    {
        _parts = parts;
        _plane = new DataPlane(parts.Options, this);
        Devices = new DevicePlane(parts, _plane)
        {
            Fault = (guest, text) =>
            {
                parts.Log(LogSeverity.Error, $"'{guest.Name}': {text}.");
                parts.Event(EventKinds.GuestFault, guest, $"{char.ToUpperInvariant(text[0])}{text[1..]}.", Actors.Daemon);
            },
        };
    }

    public DevicePlane Devices { get; }

    /// <summary>Called when a guest announced its end. On the receiving thread.</summary>
    public Action EndAnnounced { get; set; } = static () => { };

    public bool Connected => _plane.Connected;

    public void Start() => _plane.Start();

    public Task<bool> WaitSyncedAsync(TimeSpan timeout) => _plane.WaitSyncedAsync(timeout);

    /// <exception cref="LightVMException">DataPlaneUnavailable.</exception>
    public ValueTask RequireAsync(string? target) => _plane.RequireAsync(target);

    /// <summary>
    /// Makes a life the guest's present one, and has it attached, now or when lightvm-io is back. That the attach fails ends its start.
    /// </summary>
    /// <param name="log">Ready for it; the caller closes it.</param>
    public void Attach(ManagedGuest guest, Life life, SafeFileHandle log)
    {
        using SafeFileHandle? store = life.StoreEventChannel == 0 ? null : _parts.DeviceFiles.NewStore(guest.Record, life.Domain);
        lock (guest.Sync)
        {
            guest.Life = life;
            _parts.Guests.EnterDomain(life.Domain, guest);
            life.WantsAttached = true;
            SendAttach(guest, life, log, store);
        }
    }

    /// <summary>
    /// Lets a life run that is being attached, and has its devices made. Whoever deals with its end, however soon it comes, waits
    /// for Sync and finds all of that sent.
    /// </summary>
    /// <param name="disks">Opened; the caller closes them.</param>
    /// <param name="run">Unpauses it.</param>
    public void Run(ManagedGuest guest, Life life, OpenDisks disks, Action run)
    {
        lock (guest.Sync)
        {
            run();
            Devices.Begin(guest, life, disks);
        }
    }

    /// <summary>
    /// As <see cref="Run"/>, for a life that is attached already. One of another id than the guest's is attached anew, with
    /// the guest's log.
    /// </summary>
    /// <param name="run">Makes it the guest's, and unpauses it.</param>
    public void LaunchShell(ManagedGuest guest, Shell shell, OpenDisks disks, Action run, Func<SafeFileHandle> openLog, Action sent)
    {
        Life life = shell.Life;
        lock (guest.Sync)
        {
            guest.Life = life;
            _parts.Guests.EnterDomain(life.Domain, guest);
            _parts.Shells.Leave(shell);
            run();
            if (shell.Id != guest.Id)
            {
                using SafeFileHandle log = openLog();
                _ = _plane.DetachAsync(shell.Id, life.Domain);
                SendAttach(guest, life, log, null);
            }

            if (shell.ConsoleIndex is null)
            {
                Devices.Begin(guest, life, disks);
            }
            else
            {
                Devices.BeginRestored(guest, life, disks);
            }

            sent();
        }
    }

    /// <summary>Has lightvm-io attach a shell, now and again when it is back.</summary>
    /// <param name="holder">Stands for it.</param>
    public Task<IoResult> AttachShell(ManagedGuest holder, Life life, SafeFileHandle log)
    {
        lock (holder.Sync)
        {
            life.WantsAttached = true;
            return _plane.AttachAsync(holder.Id, life, log);
        }
    }

    /// <summary>
    /// As <see cref="Attach"/>, for a domain that is filled from a checkpoint: it stays paused until its devices are there, since it looks
    /// for them at once.
    /// </summary>
    public void LaunchRestored(ManagedGuest guest, Life life, OpenDisks disks, Func<SafeFileHandle> openLog)
    {
        lock (guest.Sync)
        {
            guest.Life = life;
            _parts.Guests.EnterDomain(life.Domain, guest);
            using SafeFileHandle log = openLog();
            using SafeFileHandle? store = life.StoreEventChannel == 0 ? null : _parts.DeviceFiles.NewStore(guest.Record, life.Domain);
            life.WantsAttached = true;
            SendAttach(guest, life, log, store);
            Devices.BeginRestored(guest, life, disks);
        }
    }

    /// <summary>Has a life that was let go for a while (for a save) attached again, with all that it had.</summary>
    public void AttachOnceMore(ManagedGuest guest, Life life)
    {
        lock (guest.Sync)
        {
            if (guest.Life == life)
            {
                life.WantsAttached = true;
                AttachAgain(guest, life);
            }
        }
    }

    /// <summary>Has lightvm-io drain the console and let the guest go; returns when it has, or is not there.</summary>
    public async Task DetachAsync(ManagedGuest guest, Life life)
    {
        Task<IoResult> detached = BeginDetach(guest, life);
        if (!detached.IsCompleted)
        {
            await Task.WhenAny(detached, Task.Delay(DetachTimeout)).ConfigureAwait(false);
        }
    }

    /// <summary>Sends the detach, without waiting for the answer.</summary>
    public Task<IoResult> BeginDetach(ManagedGuest guest, Life life)
    {
        lock (guest.Sync)
        {
            if (!life.WantsAttached)
            {
                return Task.FromResult(IoResult.Lost);
            }

            life.WantsAttached = false;
            if (guest.Shell is { } shell && shell.Id != guest.Id)
            {
                _ = _plane.DetachAsync(shell.Id, life.Domain); // a claim that failed before it was attached as the guest
            }

            return _plane.DetachAsync(guest.Id, life.Domain);
        }
    }

    public Task<IoResult> ShutdownAsync(ManagedGuest guest, Life life, ShutdownReason reason) =>
        _plane.ShutdownAsync(guest.Id, life.Domain, reason);

    /// <summary>Bytes for the guest's console: all of them are taken, or none (EAGAIN).</summary>
    public Task<IoResult> InputAsync(ManagedGuest guest, Life life, ReadOnlyMemory<byte> bytes) => _plane.InputAsync(guest.Id, life.Domain, bytes);

    public Task<IoResult> WindowAsync(ManagedGuest guest, Life life, ushort columns, ushort rows) =>
        _plane.WindowAsync(guest.Id, life.Domain, columns, rows);

    /// <summary>Counters of its devices; nothing where lightvm-io is not there.</summary>
    public async Task<IReadOnlyList<IoMessages.Counted>> CountersAsync(ManagedGuest guest)
    {
        if (guest.Life is not { WantsAttached: true } life)
        {
            return [];
        }

        return (await _plane.CountersAsync(guest.Id, life.Domain).ConfigureAwait(false)).Counted;
    }

    /// <summary>Counters of all devices of all guests; nothing where lightvm-io is not there, or does not answer in time.</summary>
    public async Task<IReadOnlyList<IoMessages.Counted>> CountersAsync()
    {
        try
        {
            return (await _plane.CountersAsync().WaitAsync(CountersTimeout).ConfigureAwait(false)).Counted;
        }
        catch (TimeoutException)
        {
            return [];
        }
    }

    /// <summary>One reader more, or one fewer, waits for console lines. When it returns, later growth is told.</summary>
    public async Task FollowAsync(ManagedGuest guest, bool on)
    {
        Task? told = null;
        lock (guest.Sync)
        {
            guest.Followers += on ? 1 : -1;
            if (guest.Followers == (on ? 1 : 0) && guest.Life is { WantsAttached: true } life)
            {
                told = _plane.FollowAsync(guest.Id, life.Domain, on);
            }
        }

        if (told is not null && on)
        {
            await Task.WhenAny(told, Task.Delay(DetachTimeout)).ConfigureAwait(false);
        }
    }

    public void OnFirstEvent(Guid id, uint domain, long timestamp)
    {
        if (_parts.Guests.Find(id)?.Life is { } life && life.Domain == domain)
        {
            life.Started.TrySetResult(new StartOutcome(timestamp, null));
        }
        else if (_parts.Shells.Find(id) is { } shell)
        {
            _parts.Shells.Spoil(shell, "A shell was let run by somebody else.");
        }
    }

    public void OnConsole(Guid id, uint domain) => _parts.Guests.Find(id)?.Signal();

    public void OnEnded(Guid id, uint domain) => EndAnnounced();

    public void OnFault(Guid id, uint domain, string text)
    {
        if (_parts.Guests.Find(id) is { } guest)
        {
            _parts.Event(EventKinds.GuestFault, guest, $"The guest broke a protocol: {text}.", Actors.Daemon);
        }
    }

    public void OnDevice(Guid id, uint domain, DeviceKey device, DeviceStatus status)
    {
        if (_parts.Guests.Find(id) is { Life: { } life } guest && life.Domain == domain && device.Id < DeviceSlots.MaxControlPages)
        {
            life.Devices.Set(device, status);
            guest.Signal();
        }
    }

    public void OnConnected(IReadOnlyList<(Guid Id, uint Domain)> attached)
    {
        _parts.Events.Append(EventKinds.DataPlaneConnected, null, null, "lightvm-io is connected.", Actors.Daemon);
        Devices.AnnounceNetworks();
        var held = new HashSet<Guid>();
        foreach ((Guid id, uint domain) in attached)
        {
            // A shell first: until it is left, a guest of its id has no life yet.
            ManagedGuest? guest = _parts.Shells.Find(id)?.Holder ?? _parts.Guests.Find(id);
            if (guest is null)
            {
                _ = _plane.DetachAsync(id, domain);
                continue;
            }

            lock (guest.Sync)
            {
                if (guest.Life is { WantsAttached: true } life && life.Domain == domain)
                {
                    held.Add(id);
                    life.Attached.TrySetResult(null); // the answer to its attach may have been lost with the connection
                    SendFollow(guest, life);
                    Devices.Agree(guest, life);
                }
                else
                {
                    _ = _plane.DetachAsync(id, domain);
                }
            }
        }

        foreach (ManagedGuest guest in _parts.Guests.All.Concat(_parts.Shells.All.Select(shell => shell.Holder)))
        {
            lock (guest.Sync)
            {
                if (guest.Life is { WantsAttached: true } life && !held.Contains(guest.Id))
                {
                    AttachAgain(guest, life);
                }
            }
        }
    }

    public void OnLost() => _parts.Events.Append(
        EventKinds.DataPlaneLost, null, null, "The connection to lightvm-io is lost; guests go on, their consoles wait.", Actors.Daemon);

    public void Dispose() => _plane.Dispose();

    private void AttachAgain(ManagedGuest guest, Life life)
    {
        try
        {
            using SafeFileHandle log = _parts.Logs.Reopen(guest.Id);
            using SafeFileHandle? store = life.StoreEventChannel == 0 ? null : _parts.DeviceFiles.ReopenStore(guest.Id);
            SendAttach(guest, life, log, store);
            Devices.Again(guest, life);
        }
        catch (IOException e)
        {
            Fail(guest, life, $"its console log or its store cannot be opened: {e.Message}");
        }
    }

    private void SendAttach(ManagedGuest guest, Life life, SafeFileHandle log, SafeFileHandle? store)
    {
        _plane.Attach(guest.Id, life, log, store, result =>
        {
            if (result.Succeeded)
            {
                life.Attached.TrySetResult(null);
            }
            else if (result.Answered)
            {
                Fail(guest, life, $"lightvm-io cannot attach it (step '{result.Step}', errno {result.ErrorNumber})");
            }
        });
        SendFollow(guest, life);
    }

    private void SendFollow(ManagedGuest guest, Life life)
    {
        if (guest.Followers > 0)
        {
            // What came while nobody told of it is looked for when it is told of again.
            _plane.FollowAsync(guest.Id, life.Domain, on: true).ContinueWith(_ => guest.Signal(), TaskScheduler.Default);
        }
    }

    private void Fail(ManagedGuest guest, Life life, string what)
    {
        if (_parts.Shells.Find(guest.Id) is { } shell)
        {
            _parts.Shells.Spoil(shell, $"A shell was given up: {what}.");
            return;
        }

        var failure = new LightVMException(
            ErrorCodes.DataPlaneUnavailable, $"Guest '{guest.Name}': {what}.", guest.Name, "See 'journalctl -u lightvm-io' on the host.");
        life.Attached.TrySetResult(failure);
        if (!life.Started.TrySetResult(new StartOutcome(0, failure)) && !life.AwaitsAttach)
        {
            _parts.Log(LogSeverity.Error, failure.Message);
            _parts.Event(EventKinds.GuestFault, guest, failure.Message, Actors.Daemon);
        }
    }
}
