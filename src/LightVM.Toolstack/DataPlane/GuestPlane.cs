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
    private readonly ToolstackParts _parts;
    private readonly DataPlane _plane;

    public GuestPlane(ToolstackParts parts)
    {
        _parts = parts;
        _plane = new DataPlane(parts.Options, this);
    }

    /// <summary>Called when a guest announced its end. On the receiving thread.</summary>
    public Action EndAnnounced { get; set; } = static () => { };

    public bool Connected => _plane.Connected;

    public void Start() => _plane.Start();

    public Task<bool> WaitSyncedAsync(TimeSpan timeout) => _plane.WaitSyncedAsync(timeout);

    /// <exception cref="LightVMException">DataPlaneUnavailable.</exception>
    public ValueTask RequireAsync(string? target) => _plane.RequireAsync(target);

    /// <summary>
    /// Makes a life the guest's present one, lets it run, and has it attached, now or when lightvm-io is back. That the attach
    /// fails ends its start. Whoever deals with its end, however soon it comes, waits for Sync and finds it attached.
    /// </summary>
    /// <param name="run">Unpauses it.</param>
    /// <param name="openLog">Makes its log ready, while it boots.</param>
    /// <param name="sent">Called when the attach is on its way.</param>
    public void Launch(ManagedGuest guest, Life life, Action run, Func<SafeFileHandle> openLog, Action sent)
    {
        lock (guest.Sync)
        {
            guest.Life = life;
            _parts.Guests.EnterDomain(life.Domain, guest);
            run();
            using SafeFileHandle log = openLog();
            life.WantsAttached = true;
            SendAttach(guest, life, log);
            sent();
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
            return _plane.DetachAsync(guest.Id, life.Domain);
        }
    }

    public Task<IoResult> ShutdownAsync(ManagedGuest guest, Life life, ShutdownReason reason) =>
        _plane.ShutdownAsync(guest.Id, life.Domain, reason);

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
    }

    public void OnConnected(IReadOnlyList<(Guid Id, uint Domain)> attached)
    {
        _parts.Events.Append(EventKinds.DataPlaneConnected, null, null, "lightvm-io is connected.", Actors.Daemon);
        var held = new HashSet<Guid>();
        foreach ((Guid id, uint domain) in attached)
        {
            ManagedGuest? guest = _parts.Guests.Find(id);
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
                    SendFollow(guest, life);
                }
                else
                {
                    _ = _plane.DetachAsync(id, domain);
                }
            }
        }

        foreach (ManagedGuest guest in _parts.Guests.All)
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
            SendAttach(guest, life, log);
        }
        catch (IOException e)
        {
            Fail(guest, life, $"its console log cannot be opened: {e.Message}");
        }
    }

    private void SendAttach(ManagedGuest guest, Life life, SafeFileHandle log)
    {
        _plane.Attach(guest.Id, life, log, null, result =>
        {
            if (result is { Answered: true, Succeeded: false })
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
            _ = _plane.FollowAsync(guest.Id, life.Domain, on: true);
        }
    }

    private void Fail(ManagedGuest guest, Life life, string what)
    {
        var failure = new LightVMException(
            ErrorCodes.DataPlaneUnavailable, $"Guest '{guest.Name}': {what}.", guest.Name, "See 'journalctl -u lightvm-io' on the host.");
        if (!life.Started.TrySetResult(new StartOutcome(0, failure)))
        {
            _parts.Log(LogSeverity.Error, failure.Message);
            _parts.Event(EventKinds.GuestFault, guest, failure.Message, Actors.Daemon);
        }
    }
}
