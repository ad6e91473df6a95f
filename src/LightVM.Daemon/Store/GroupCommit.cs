using LightVM.Toolstack;
using Microsoft.Data.Sqlite;

namespace LightVM.Daemon.Store;

/// <summary>
/// Two mapped journals in front of the database. One takes records while a thread moves the other's into SQLite, every 100 ms or
/// when it is half full. Journals left by an earlier life come first.
/// </summary>
internal sealed class GroupCommit : IDisposable
{
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(100);
    /// <summary>So many times it looks by itself after the last that it had to do: while changes come in a row, none of them pays for waking it.</summary>
    private const int Looks = 20;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FullTimeout = TimeSpan.FromSeconds(5);

    private readonly Database _database;
    private readonly Lock _databaseGate;
    private readonly Action _inEachCommit;
    private readonly Action<LogSeverity, string> _log;
    private readonly object _gate = new();
    private readonly Thread _thread;
    private readonly List<(Action Work, Action Done)> _extras = [];
    private MappedJournal _active;
    private MappedJournal _other;
    private ulong _generation;
    private bool _wanted;
    private bool _hurry;
    private bool _looking;
    private bool _closing;
    private string? _failure;

    /// <param name="databaseGate">Held around every use of the database.</param>
    /// <param name="inEachCommit">Done in each transaction, after its records.</param>
    public GroupCommit(
        Database database, Lock databaseGate, string runDirectory, int journalSize, Action inEachCommit, Action<LogSeverity, string> log)
    {
        _database = database;
        _databaseGate = databaseGate;
        _inEachCommit = inEachCommit;
        _log = log;
        _active = new MappedJournal(Path.Combine(runDirectory, "journal-0"), journalSize);
        _other = new MappedJournal(Path.Combine(runDirectory, "journal-1"), journalSize);
        Recover();
        _thread = new Thread(MoveInBackground) { IsBackground = true, Name = "store" };
    }

    /// <summary>Begins to move what gathers.</summary>
    public void Start() => _thread.Start();

    /// <summary>Takes a record; it outlives the process when this returns.</summary>
    /// <exception cref="LightVMException">InternalError: the disk has not taken what the journals hold for seconds.</exception>
    public void Append(ReadOnlySpan<byte> record)
    {
        if (record.Length > _active.MaxPayload / 8)
        {
            // Too large to wait in a journal: straight into the database, after all that came before.
            byte[] copy = record.ToArray();
            lock (_databaseGate)
            {
                Flush();
                _database.Commit(() => _database.Apply(copy));
            }

            return;
        }

        long deadline = Environment.TickCount64 + (long)FullTimeout.TotalMilliseconds;
        lock (_gate)
        {
            while (!_active.TryAppend(record))
            {
                Want(hurry: true);
                long left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_gate, TimeSpan.FromMilliseconds(left)))
                {
                    throw new LightVMException(
                        ErrorCodes.InternalError,
                        $"The state of guests cannot be saved: {_failure ?? "the disk does not keep up"}.",
                        recommendation: "Look at the free space and the health of the disk that holds /var/lib/lightvm.");
                }
            }

            Want(hurry: _active.Used > _active.MaxPayload / 2);
        }
    }

    /// <summary>The same, but it never waits: false if there is no room.</summary>
    public bool TryAppend(ReadOnlySpan<byte> record)
    {
        lock (_gate)
        {
            bool taken = _active.TryAppend(record);
            Want(hurry: !taken || _active.Used > _active.MaxPayload / 2);
            return taken;
        }
    }

    /// <summary>
    /// Does <paramref name="work"/> in the next transaction, and calls <paramref name="done"/> when it is
    /// committed.
    /// </summary>
    public void Also(Action work, Action done)
    {
        lock (_gate)
        {
            _extras.Add((work, done));
            Want(hurry: false);
        }
    }

    /// <summary>Moves everything that was saved before the call into SQLite.</summary>
    public void Flush()
    {
        lock (_databaseGate)
        {
            // The first moves what a failed move may have left in the other journal, the second what is in the active one.
            Move();
            if (!_active.IsEmpty)
            {
                Move();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
        try
        {
            Flush();
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            // The journals keep it for the next start.
            _log(LogSeverity.Error, $"Moving the journal into the database failed at the end: {e.Message}");
        }

        _active.Dispose();
        _other.Dispose();
    }

    private void Recover()
    {
        MappedJournal[] journals = [.. new[] { _active, _other }.OrderBy(j => j.Generation)];
        _generation = journals[1].Generation;
        if (journals.All(j => j.IsEmpty))
        {
            return;
        }

        _database.Commit(() =>
        {
            foreach (MappedJournal journal in journals)
            {
                Apply(journal);
            }
        });
        journals[0].Reset(++_generation);
        journals[1].Reset(++_generation);
    }

    private void Want(bool hurry)
    {
        if (!_wanted || (hurry && !_hurry))
        {
            _wanted = true;
            _hurry |= hurry;
            if (hurry || !_looking)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void MoveInBackground()
    {
        while (true)
        {
            lock (_gate)
            {
                _looking = true;
                for (int looks = 0; looks < Looks && !_wanted && !_closing; looks++)
                {
                    Monitor.Wait(_gate, GatherTime);
                }

                bool gathered = _wanted; // since the last look
                _looking = false;
                while (!_wanted && !_closing)
                {
                    Monitor.Wait(_gate);
                }

                // A group gathers.
                long deadline = Environment.TickCount64 + (gathered ? 0 : (long)GatherTime.TotalMilliseconds);
                while (!_hurry && !_closing && deadline - Environment.TickCount64 is > 0 and var left)
                {
                    Monitor.Wait(_gate, TimeSpan.FromMilliseconds(left));
                }

                if (_closing)
                {
                    return;
                }

                _wanted = _hurry = false;
            }

            try
            {
                lock (_databaseGate)
                {
                    Move();
                }
            }
            catch (Exception e) when (e is SqliteException or IOException)
            {
                if (_failure != e.Message)
                {
                    _log(LogSeverity.Error, $"Moving the journal into the database failed, and is tried again: {e.Message}");
                }

                lock (_gate)
                {
                    _failure = e.Message;
                    _wanted = true;
                    if (!_closing)
                    {
                        Monitor.Wait(_gate, RetryDelay);
                    }
                }
            }
        }
    }

    /// <summary>Moves one journal; the caller holds the database.</summary>
    private void Move()
    {
        MappedJournal full;
        (Action Work, Action Done)[] extras;
        lock (_gate)
        {
            if (_other.IsEmpty)
            {
                if (_active.IsEmpty && _extras.Count == 0)
                {
                    return;
                }

                _other.Reset(++_generation);
                (_active, _other) = (_other, _active);
                Monitor.PulseAll(_gate);
            }

            full = _other;
            extras = [.. _extras];
        }

        _database.Commit(() =>
        {
            Apply(full);
            foreach ((Action work, _) in extras)
            {
                work();
            }

            _inEachCommit();
        });
        lock (_gate)
        {
            full.Reset(++_generation);
            _extras.RemoveRange(0, extras.Length);
            _failure = null;
        }

        foreach ((_, Action done) in extras)
        {
            done();
        }
    }

    /// <summary>Applies a journal; of several records of one guest only the last.</summary>
    private void Apply(MappedJournal journal)
    {
        var last = new Dictionary<Guid, int>();
        int index = 0;
        journal.Replay(record =>
        {
            if ((RecordKind)record[0] is RecordKind.GuestSaved or RecordKind.GuestDeleted)
            {
                last[new Guid(record.Slice(1, 16))] = index;
            }

            index++;
        });
        index = 0;
        journal.Replay(record =>
        {
            bool superseded = (RecordKind)record[0] is RecordKind.GuestSaved or RecordKind.GuestDeleted
                && last[new Guid(record.Slice(1, 16))] != index;
            if (!superseded)
            {
                _database.Apply(record);
            }

            index++;
        });
    }
}
