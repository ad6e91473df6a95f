using System.Collections.Concurrent;
using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>
/// Ids for guests to come, prepared by a thread of their own, so that a creation waits neither for its intent to be saved nor for a
/// file system. What a killed lightvmd leaves of them are intents like others: the next one forgets them. Any thread.
/// </summary>
internal sealed class IdStock : IDisposable
{
    private const int Most = 32;

    private readonly ToolstackParts _parts;
    private readonly ConcurrentStack<PreparedId> _ids = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private int _count;
    private volatile bool _closed;

    public IdStock(ToolstackParts parts)
    {
        _parts = parts;
        _thread = new Thread(Fill) { IsBackground = true, Name = "ids" };
    }

    /// <summary>After adoption, which forgets what an earlier life has left.</summary>
    public void Start() => _thread.Start();

    /// <summary>One that is the caller's then; or null.</summary>
    public PreparedId? Take()
    {
        if (!_ids.TryPop(out PreparedId? id))
        {
            return null;
        }

        if (Interlocked.Decrement(ref _count) == Most / 2)
        {
            _wake.Set(); // seldom: to wake somebody costs a creation as much as what it is spared
        }

        return id;
    }

    /// <summary>It was not used, and nothing was done to it.</summary>
    public void GiveBack(PreparedId id)
    {
        Interlocked.Increment(ref _count);
        _ids.Push(id);
    }

    /// <summary>What there is, is left to the next lightvmd.</summary>
    public void Dispose()
    {
        _closed = true;
        _wake.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _wake.Dispose();
        while (_ids.TryPop(out PreparedId? id))
        {
            id.Log.Dispose();
        }
    }

    private void Fill()
    {
        while (!_closed)
        {
            try
            {
                while (!_closed && Volatile.Read(ref _count) < Most)
                {
                    GiveBack(Prepare());
                }
            }
            catch (Exception e) when (e is IOException or LightVMException)
            {
                // Creations do it themselves then, and say what is wrong.
                _parts.Log(LogSeverity.Warning, $"No ids are prepared for guests to come: {e.Message}");
            }

            _wake.WaitOne();
        }
    }

    private PreparedId Prepare()
    {
        var id = Guid.NewGuid();
        var intent = new ManagedGuest(new GuestRecord { Id = id, Name = "", Image = "", ImageDigest = "", BootId = _parts.BootId });
        _parts.Records.SaveEncoded(intent, _parts.Records.Encode(intent.Record)); // encoded where nobody waits for it
        try
        {
            return new PreparedId(id, _parts.Logs.Prepare(id));
        }
        catch
        {
            _parts.Records.Delete([intent]);
            throw;
        }
    }
}
