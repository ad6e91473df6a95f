using System.Collections.Concurrent;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// Shells that are ready for guests, by what they are built with. A claim takes one without waiting for anybody; what it
/// takes is made anew by <see cref="PoolKeeper"/> when nothing else is going on. Any thread.
/// </summary>
internal sealed partial class ShellPool
{
    private readonly ToolstackParts _parts;
    private readonly IPoolStore _store;
    private readonly ShellMaker _maker;
    private readonly Lock _sync = new();
    private readonly Lock _configuring = new();
    private readonly ConcurrentDictionary<Guid, Shell> _all = new();
    private readonly Dictionary<ShellKind, ShellStock> _byKind = [];
    private readonly List<(Shell Shell, ManagedGuest Guest)> _claimed = [];
    private readonly List<Shell> _dropped = [];
    private readonly BackOff _shortage = new();
    private List<ShellStock> _stocks = [];
    private long _budget = PoolRecord.DefaultBudget;
    private bool _closed;
    private int _busy;
    private long _lastActivity;

    public ShellPool(ToolstackParts parts, IPoolStore store, ShellMaker maker)
    {
        _parts = parts;
        _store = store;
        _maker = maker;
    }

    /// <summary>Called when the keeper may have something to do that it does not know of. Cheap.</summary>
    public Action Wake { get; set; } = static () => { };

    /// <summary>All that live, also one that a claim is about to take over.</summary>
    public IEnumerable<Shell> All => _all.Select(pair => pair.Value);

    /// <summary>Whether a start is under way, or ended less than so long ago.</summary>
    public bool IsBusy(TimeSpan quiet) =>
        Volatile.Read(ref _busy) > 0 || Now - TimeSpan.FromMilliseconds(Volatile.Read(ref _lastActivity)) < quiet;

    /// <summary>Since the host's boot.</summary>
    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    public Shell? Find(Guid id) => _all.GetValueOrDefault(id);

    /// <summary>A start is under way until that is disposed: no shell is made meanwhile.</summary>
    public Activity Begin()
    {
        Interlocked.Increment(ref _busy);
        return new Activity(this);
    }

    /// <summary>A shell for the guest, which is the caller's from then on; or null. Counted as a hit or, where there could be one, a miss.</summary>
    public Shell? Take(in ShellKind kind)
    {
        lock (_sync)
        {
            if (!_byKind.TryGetValue(kind, out ShellStock? stock))
            {
                return null;
            }

            while (stock.Ready.TryPop(out Shell? shell))
            {
                if (shell.IsSound)
                {
                    stock.Hits++;
                    return shell;
                }

                Drop(shell);
            }

            stock.Misses++;
            stock.EmptySince ??= Now;
            return null;
        }
    }

    /// <summary>The guest that was to become of it does not come to be, and nothing was done to it.</summary>
    public void GiveBack(Shell shell)
    {
        _parts.Records.Save(shell.Holder); // the guest's intent may have taken its place, and have been deleted
        lock (_sync)
        {
            shell.Stock.Hits--;
            if (!_closed && shell.Stock.Kind is not null && _stocks.Contains(shell.Stock))
            {
                shell.Stock.Ready.Push(shell);
            }
            else
            {
                Drop(shell);
            }
        }
    }

    /// <summary>It is not to be used, although nothing is known to be wrong with it. A domain of its id is saved as an intent.</summary>
    public void Discard(Shell shell)
    {
        lock (_sync)
        {
            shell.Stock.Hits--;
            Drop(shell);
        }

        Wake();
    }

    /// <summary>It is a guest's now: with lightvm-io too, that is whom it is looked up as.</summary>
    public void Leave(Shell shell) => _all.TryRemove(shell.Id, out _);

    /// <summary>The claim is over, for good or bad; its pages are unmapped soon.</summary>
    public void Release(Shell shell, ManagedGuest guest)
    {
        lock (_sync)
        {
            _claimed.Add((shell, guest));
        }
    }

    /// <summary>Destroys shells for a guest that finds no memory, on this thread. False: there are none.</summary>
    public bool GiveUp(XenHost xen, long needed)
    {
        var given = new List<Shell>();
        lock (_sync)
        {
            long freed = 0;
            while (freed < needed && _stocks.MaxBy(stock => stock.Ready.Count * stock.Flavour.Memory) is { Ready.Count: > 0 } fullest)
            {
                Shell shell = fullest.Ready.Pop();
                fullest.Drops++;
                freed += shell.Holder.Record.Memory;
                given.Add(shell);
            }

            _shortage.Fail(Now);
        }

        foreach (Shell shell in given)
        {
            _all.TryRemove(shell.Id, out _);
            _maker.Destroy(shell, xen);
        }

        if (given.Count > 0)
        {
            _parts.Log(LogSeverity.Information, $"{given.Count} shells of the pool were given up for a guest's memory.");
        }

        return given.Count > 0;
    }

    /// <summary>After a look at all domains: shells that somebody has destroyed are dropped.</summary>
    public void Look(HashSet<uint> present, long begin)
    {
        foreach (Shell shell in All.Where(shell => shell.Life.BeginTimestamp < begin && !present.Contains(shell.Life.Domain)))
        {
            Spoil(shell, "A shell was destroyed by somebody else.");
        }
    }

    /// <summary>It is not as it was prepared, and is not used any more.</summary>
    public void Spoil(Shell shell, string why)
    {
        shell.Life.Started.TrySetResult(new StartOutcome(0, Problems.DataPlaneUnavailable(null, why)));
        lock (_sync)
        {
            Shell[] sound = [.. shell.Stock.Ready.Where(other => other.IsSound).Reverse()];
            foreach (Shell other in shell.Stock.Ready.Where(other => !other.IsSound))
            {
                Drop(other);
            }

            if (sound.Length < shell.Stock.Ready.Count)
            {
                shell.Stock.Ready.Clear();
                Array.ForEach(sound, shell.Stock.Ready.Push);
                Failed(shell.Stock, why);
            }
        }

        Wake();
    }

    /// <summary>Nothing is made any more; what there is, is destroyed by the keeper.</summary>
    public void Close()
    {
        lock (_sync)
        {
            _closed = true;
            _stocks.ForEach(DropAll);
        }

        Wake();
    }

    /// <summary>For the keeper: what it is to destroy, and claims whose pages it is to let go.</summary>
    public void TakeWaste(List<Shell> dropped, List<(Shell Shell, ManagedGuest Guest)> claimed)
    {
        lock (_sync)
        {
            Trim();
            dropped.AddRange(_dropped);
            _dropped.Clear();
            claimed.AddRange(_claimed);
            _claimed.Clear();
        }

        dropped.ForEach(Leave);
    }

    /// <summary>For the keeper: the flavour that is to get the next shell; null: none, and for how long there will be none if that is known.</summary>
    public (ShellStock Stock, ShellKind Kind)? Next(out TimeSpan? wait, out bool isStarved)
    {
        TimeSpan now = Now;
        lock (_sync)
        {
            wait = null;
            isStarved = false;
            var flavours = new (int Wanted, int Ready, long Memory, bool MayTry)[_stocks.Count];
            for (int i = 0; i < flavours.Length; i++)
            {
                ShellStock stock = _stocks[i];
                TimeSpan left = new[] { stock.BackOff.Left(now), _shortage.Left(now) }.Max();
                flavours[i] = (stock.Flavour.Count, stock.Ready.Count, stock.Flavour.Memory, stock.Kind is not null && left <= TimeSpan.Zero);
                if (stock.Kind is not null && left > TimeSpan.Zero && stock.Ready.Count < stock.Flavour.Count)
                {
                    wait = wait is { } other && other < left ? other : left;
                }
            }

            int next = _closed ? -1 : PoolBudget.Next(flavours, _budget);
            if (next < 0)
            {
                return null;
            }

            isStarved = _stocks[next].EmptySince is { } since && now - since > PoolKeeper.Starving;
            return (_stocks[next], _stocks[next].Kind!.Value);
        }
    }

    /// <summary>For the keeper: a shell that it has made.</summary>
    public void Add(Shell shell, ShellKind kind)
    {
        _all[shell.Id] = shell;
        lock (_sync)
        {
            shell.Stock.BackOff.Succeed();
            shell.Stock.Refills++;
            shell.Stock.LastError = null;
            shell.Stock.EmptySince = null;
            _shortage.Succeed();
            if (!_closed && shell.Stock.Kind == kind && _stocks.Contains(shell.Stock))
            {
                shell.Stock.Ready.Push(shell);
            }
            else
            {
                Drop(shell);
            }
        }
    }

    public void Failed(ShellStock stock, string why)
    {
        lock (_sync)
        {
            stock.Failures++;
            stock.LastError = why;
            stock.BackOff.Fail(Now);
        }
    }

    /// <summary>What is beyond what is wanted, or beyond the budget, goes. Under the lock.</summary>
    private void Trim()
    {
        int[] excess = PoolBudget.Excess(
            [.. _stocks.Select(stock => (stock.Flavour.Count, stock.Ready.Count, stock.Flavour.Memory, true))], _budget);
        for (int i = 0; i < excess.Length; i++)
        {
            for (; excess[i] > 0; excess[i]--)
            {
                Drop(_stocks[i].Ready.Pop());
            }
        }
    }

    private void DropAll(ShellStock stock)
    {
        while (stock.Ready.TryPop(out Shell? shell))
        {
            Drop(shell);
        }
    }

    private void Drop(Shell shell)
    {
        shell.Stock.Drops++;
        _dropped.Add(shell);
    }

    private void End()
    {
        Volatile.Write(ref _lastActivity, Environment.TickCount64); // coarse, and no system call
        if (Interlocked.Decrement(ref _busy) == 0 && _byKind.Count > 0)
        {
            Wake();
        }
    }

    /// <summary>Ends what <see cref="Begin"/> began.</summary>
    public readonly struct Activity(ShellPool pool) : IDisposable
    {
        public void Dispose() => pool.End();
    }
}
