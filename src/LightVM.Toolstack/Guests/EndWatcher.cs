using System.Diagnostics;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// Learns that domains have ended, on a thread of its own: from VIRQ_DOM_EXC where no one else holds it, otherwise from what
/// guests announce and one look a second.
/// </summary>
internal sealed class EndWatcher : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>Even with the VIRQ: what a defect would hide comes out.</summary>
    private static readonly TimeSpan SafetyInterval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A burst of ends (a batch that is removed, guests that are created and removed one after the other) costs a scan now and
    /// then, not one for each: after a scan, four times as long as it took is waited, within these bounds.
    /// </summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly ToolstackParts _parts;
    private readonly GuestEnds _ends;
    private readonly DomainScan _scan = new();
    private readonly Thread _thread;
    private readonly Lock _sync = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly ManualResetEventSlim _released = new();
    private DomainEnds? _virq;
    private volatile bool _stop;
    private volatile bool _release;
    private int _dying;

    public EndWatcher(ToolstackParts parts, GuestEnds ends)
    {
        _parts = parts;
        _ends = ends;
        _thread = new Thread(Run) { IsBackground = true, Name = "domain ends" };
    }

    public bool HoldsVirq => Volatile.Read(ref _virq) is not null;

    /// <summary>Domains that were destroyed and are not gone: somebody still maps their pages.</summary>
    public int DyingCount => Volatile.Read(ref _dying);

    public void Start()
    {
        if (_parts.Options.DomainEvents && !XenstoredUnit.IsExpected())
        {
            Volatile.Write(ref _virq, DomainEnds.TryOpen());
        }

        _parts.Log(LogSeverity.Information, HoldsVirq
            ? "Ends of guests are learnt from VIRQ_DOM_EXC."
            : "VIRQ_DOM_EXC is left to xenstored; ends of guests are polled.");
        _thread.Start();
    }

    /// <summary>Has an end looked for now, if that is not told by Xen anyway.</summary>
    public void Hint()
    {
        if (!HoldsVirq)
        {
            _wake.Set();
        }
    }

    /// <summary>Gives the VIRQ up for good; it is free when this returns.</summary>
    public void Release()
    {
        _release = true;
        Wake();
        if (_thread.IsAlive)
        {
            _released.Wait();
        }
    }

    public void Dispose()
    {
        _stop = true;
        Wake();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _virq?.Dispose();
        _wake.Dispose();
        _released.Dispose();
    }

    private void Wake()
    {
        lock (_sync)
        {
            _virq?.Wake();
        }

        _wake.Set();
    }

    private void Run()
    {
        while (!_stop)
        {
            try
            {
                Wait();
                if (!_stop)
                {
                    long begin = Stopwatch.GetTimestamp();
                    Look();
                    TimeSpan pause = Stopwatch.GetElapsedTime(begin) * 4;
                    Thread.Sleep(pause < ShortestPause ? ShortestPause : pause > LongestPause ? LongestPause : pause);
                }
            }
            catch (Exception e) when (e is XenException or LightVMException)
            {
                _parts.Log(LogSeverity.Error, $"Domains cannot be listed: {e.Message}");
                _wake.WaitOne(PollInterval);
            }
        }
    }

    private void Wait()
    {
        if (_release && !_released.IsSet)
        {
            lock (_sync)
            {
                _virq?.Dispose();
                _virq = null;
            }

            _released.Set();
            return;
        }

        if (_virq is { } virq)
        {
            virq.Wait(SafetyInterval);
        }
        else
        {
            _wake.WaitOne(PollInterval);
        }
    }

    private void Look()
    {
        long begin = Stopwatch.GetTimestamp();
        var present = new HashSet<uint>();
        int dying = 0;
        using (XenPool.Lease lease = _parts.Xen.Rent())
        {
            _scan.Run(lease.Host, domain =>
            {
                if ((domain.Flags & DomainFlags.Dying) != 0)
                {
                    dying++;
                    return;
                }

                present.Add(domain.DomainId);
                if ((domain.Flags & DomainFlags.Shutdown) != 0 &&
                    _parts.Guests.FindDomain(domain.DomainId) is { Life: { } life } guest && life.Domain == domain.DomainId)
                {
                    if (domain.ShutdownReason == ShutdownReason.Suspend && life.SuspendAsked)
                    {
                        _ends.HandleSuspend(guest, life); // no end: a save is under way, or was
                    }
                    else
                    {
                        _ends.Handle(guest, life, EndReasons.From(domain.ShutdownReason), exists: true);
                    }
                }
            });
        }

        Volatile.Write(ref _dying, dying);
        _parts.Shells.Look(present, begin);
        foreach (ManagedGuest guest in _parts.Guests.All)
        {
            // Somebody else destroyed it, or it is being destroyed here, which its holder finds out about first.
            if (guest.Life is { } life && life.BeginTimestamp < begin && !present.Contains(life.Domain))
            {
                _ends.Handle(guest, life, EndReasons.Destroyed, exists: false);
            }
        }
    }
}
