using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// Keeps the pool full, on a thread of its own with a Xen handle of its own: one shell after the other, none while a start is under way
/// or shortly after one, so that a refill never stands in the way of the next claim. Not a thread of low priority: the collector waits
/// for each thread, and on one CPU would keep the CPU from the very one it waits for, up to minutes.
/// </summary>
internal sealed class PoolKeeper : IDisposable
{
    /// <summary>A stock that has been found empty is filled between starts that never leave it time.</summary>
    public static readonly TimeSpan Starving = TimeSpan.FromSeconds(1);

    /// <summary>How long nothing may have been started: one who starts guests one after the other is not disturbed.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan DataPlanePause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly ToolstackParts _parts;
    private readonly ShellPool _pool;
    private readonly ShellMaker _maker;
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private XenHost? _xen;
    private volatile bool _sleeping;
    private volatile bool _stop;

    public PoolKeeper(ToolstackParts parts, ShellPool pool, ShellMaker maker)
    {
        _parts = parts;
        _pool = pool;
        _maker = maker;
        _thread = new Thread(Run) { IsBackground = true, Name = "shell pool" };
        pool.Wake = () =>
        {
            // Mostly it is awake or about to be: a claim does not pay for waking it.
            if (_sleeping)
            {
                _sleeping = false;
                _wake.Set();
            }
        };
    }

    public void Start() => _thread.Start();

    /// <summary>Ends it. Shells are destroyed as far as that takes seconds; the next lightvmd destroys the others.</summary>
    public void Dispose()
    {
        _stop = true;
        _pool.Close();
        _wake.Set();
        if (_thread.IsAlive)
        {
            _thread.Join(StopPatience);
        }
    }

    private void Run()
    {
        while (true)
        {
            TimeSpan? pause;
            _sleeping = true; // before the look: what comes after it wakes
            try
            {
                pause = Step();
            }
            catch (Exception e) when (e is XenException or LightVMException or IOException)
            {
                _parts.Log(LogSeverity.Error, $"The pool could not be seen to: {e.Message}");
                pause = BackOff.Shortest;
            }

            if (_stop && pause is null)
            {
                _xen?.Dispose();
                return;
            }

            if (pause is { } known)
            {
                _sleeping = false;
                _wake.WaitOne(known);
            }
            else
            {
                _wake.WaitOne();
            }
        }
    }

    /// <summary>Does one thing.</summary>
    /// <returns>How long to wait before the next; null: until something changes.</returns>
    private TimeSpan? Step()
    {
        (ShellStock Stock, ShellKind Kind)? next = _pool.Next(out TimeSpan? wait, out bool isStarved);
        if (_pool.IsBusy(_stop ? TimeSpan.Zero : isStarved ? TimeSpan.FromTicks(1) : Quiet))
        {
            return isStarved ? TimeSpan.FromMilliseconds(1) : Quiet;
        }

        CleanUp();
        if (next is not { } found)
        {
            return _stop ? null : wait;
        }

        if (!_parts.Plane.Connected)
        {
            return DataPlanePause;
        }

        try
        {
            _pool.Add(_maker.Make(found.Stock, found.Kind, Xen()), found.Kind);
        }
        catch (Exception e) when (e is LightVMException or IOException or XenException)
        {
            _pool.Failed(found.Stock, e.Message);
            _parts.Log(LogSeverity.Warning, $"A shell of image '{found.Stock.Flavour.Image}' could not be made: {e.Message}");
        }

        return TimeSpan.Zero;
    }

    private void CleanUp()
    {
        var dropped = new List<Shell>();
        var claimed = new List<(Shell Shell, ManagedGuest Guest)>();
        _pool.TakeWaste(dropped, claimed);
        claimed.ForEach(claim => _maker.Release(claim.Shell, claim.Guest));
        foreach (Shell shell in dropped)
        {
            try
            {
                _maker.Destroy(shell, Xen());
            }
            catch (XenException e)
            {
                _parts.Log(LogSeverity.Error, $"Domain {shell.Life.Domain}, a shell, could not be destroyed: {e.Message}");
            }
        }
    }

    private XenHost Xen() => _xen ??= XenHost.Open();
}
