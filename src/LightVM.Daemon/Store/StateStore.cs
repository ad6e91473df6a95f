using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using LightVM.Toolstack;

namespace LightVM.Daemon.Store;

/// <summary>
/// The daemon's memory across its lives. A change is first a record in a mapped journal under /run, which costs microseconds and
/// outlives kill -9; a thread of its own moves what has gathered into SQLite, every 100 ms or when a journal is half full. There
/// are two journals: one takes records while the other is being moved. At start, journals come after the database.
/// </summary>
internal sealed class StateStore : IGuestStore, IDisposable
{
    /// <summary>Bytes of each journal: some 6,000 changes of guests.</summary>
    public const int DefaultJournalSize = 4 << 20;

    private static readonly TimeSpan FlushDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FullTimeout = TimeSpan.FromSeconds(5);

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private readonly Action<LogSeverity, string> _log;
    private readonly Database _database;
    private readonly Lock _databaseGate = new();
    private readonly object _gate = new();
    private readonly Thread _thread;
    private readonly List<(RequestRecord Request, StoredAnswer Answer, Action Saved)> _answers = [];
    private MappedJournal _active;
    private MappedJournal _other;
    private ulong _generation;
    private long _lastEvent;
    private long _firstEvent;
    private bool _wanted;
    private bool _hurry;
    private bool _closing;
    private string? _failure;

    public StateStore(
        string runDirectory, string databasePath, Action<LogSeverity, string>? log = null, int journalSize = DefaultJournalSize)
    {
        _log = log ?? (static (_, _) => { });
        _database = new Database(databasePath);
        _active = new MappedJournal(Path.Combine(runDirectory, "journal-0"), journalSize);
        _other = new MappedJournal(Path.Combine(runDirectory, "journal-1"), journalSize);
        Recover();
        (_firstEvent, _lastEvent) = _database.EventRange();
        _thread = new Thread(MoveInBackground) { IsBackground = true, Name = "store" };
        _thread.Start();
    }

    public long LastEventSequence => Volatile.Read(ref _lastEvent);

    public IReadOnlyList<GuestRecord> Load()
    {
        lock (_databaseGate)
        {
            return _database.LoadGuests();
        }
    }

    public void Save(IReadOnlyList<GuestRecord> records)
    {
        foreach (GuestRecord record in records)
        {
            ArrayBufferWriter<byte> buffer = Begin(RecordKind.GuestSaved);
            record.Id.TryWriteBytes(buffer.GetSpan(16));
            buffer.Advance(16);
            WriteJson(buffer, record, ToolstackJson.Default.GuestRecord);
            Append(buffer.WrittenSpan);
        }
    }

    public void Delete(IReadOnlyList<Guid> ids)
    {
        Span<byte> record = stackalloc byte[17];
        record[0] = (byte)RecordKind.GuestDeleted;
        foreach (Guid id in ids)
        {
            id.TryWriteBytes(record[1..]);
            Append(record);
        }
    }

    public IReadOnlyList<Fleet> LoadFleets()
    {
        lock (_databaseGate)
        {
            return _database.LoadFleets();
        }
    }

    public void SaveFleet(Fleet fleet)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.FleetSaved);
        int length = Encoding.UTF8.GetBytes(fleet.Name, buffer.GetSpan(2 + (fleet.Name.Length * 3))[2..]);
        BinaryPrimitives.WriteUInt16LittleEndian(buffer.GetSpan(2), (ushort)length);
        buffer.Advance(2 + length);
        WriteJson(buffer, fleet, LightVMJson.Default.Fleet);
        Append(buffer.WrittenSpan);
    }

    public void DeleteFleet(string name)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.FleetDeleted);
        buffer.Write(Encoding.UTF8.GetBytes(name));
        Append(buffer.WrittenSpan);
    }

    /// <summary>
    /// Remembers an event. It never waits: while the journals are full, which takes a disk that hangs, events are only in memory.
    /// </summary>
    public void SaveEvent(Event entry)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.Event);
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(8), entry.Sequence);
        buffer.Advance(8);
        WriteJson(buffer, entry, LightVMJson.Default.Event);
        TryAppend(buffer.WrittenSpan);
        Volatile.Write(ref _lastEvent, entry.Sequence);
    }

    /// <summary>Events after a sequence, oldest first, from the database.</summary>
    public IReadOnlyList<Event> LoadEvents(long after, int limit)
    {
        Flush();
        lock (_databaseGate)
        {
            return _database.LoadEvents(after, limit);
        }
    }

    /// <summary>Remembers a request before it is done, as durably as a guest.</summary>
    public void BeginRequest(RequestRecord request)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.RequestBegun);
        WriteJson(buffer, request, DaemonJson.Default.RequestRecord);
        Append(buffer.WrittenSpan);
    }

    /// <summary>Keeps an answer with the next group commit; <paramref name="saved"/> is called when it is there.</summary>
    public void SaveAnswer(RequestRecord request, StoredAnswer answer, Action saved)
    {
        lock (_gate)
        {
            _answers.Add((request, answer, saved));
            Want(hurry: false);
        }
    }

    public IReadOnlyList<(RequestRecord Request, bool Answered)> LoadRequests(long since)
    {
        lock (_databaseGate)
        {
            _database.DeleteRequestsBefore(since);
            return _database.LoadRequests(since);
        }
    }

    public StoredAnswer? LoadAnswer(string actor, string key)
    {
        lock (_databaseGate)
        {
            return _database.LoadAnswer(actor, key);
        }
    }

    public void DeleteRequestsBefore(long time)
    {
        lock (_databaseGate)
        {
            _database.DeleteRequestsBefore(time);
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
        catch (Exception e) when (e is Microsoft.Data.Sqlite.SqliteException or IOException)
        {
            // The journals keep it for the next start.
            _log(LogSeverity.Error, $"Moving the journal into the database failed at the end: {e.Message}");
        }

        _database.Dispose();
        _active.Dispose();
        _other.Dispose();
    }

    private static ArrayBufferWriter<byte> Begin(RecordKind kind)
    {
        ArrayBufferWriter<byte> buffer = _buffer ??= new ArrayBufferWriter<byte>(4096);
        if (buffer.Capacity > 1 << 20)
        {
            buffer = _buffer = new ArrayBufferWriter<byte>(4096);
        }

        buffer.ResetWrittenCount();
        buffer.GetSpan(1)[0] = (byte)kind;
        buffer.Advance(1);
        return buffer;
    }

    private static void WriteJson<T>(
        ArrayBufferWriter<byte> buffer, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        JsonSerializer.Serialize(writer, value, type);
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

    private void Append(ReadOnlySpan<byte> record)
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

    private void TryAppend(ReadOnlySpan<byte> record)
    {
        lock (_gate)
        {
            bool taken = _active.TryAppend(record);
            Want(hurry: !taken || _active.Used > _active.MaxPayload / 2);
        }
    }

    private void Want(bool hurry)
    {
        if (!_wanted || (hurry && !_hurry))
        {
            _wanted = true;
            _hurry |= hurry;
            Monitor.PulseAll(_gate);
        }
    }

    private void MoveInBackground()
    {
        while (true)
        {
            lock (_gate)
            {
                while (!_wanted && !_closing)
                {
                    Monitor.Wait(_gate);
                }

                // A group gathers.
                long deadline = Environment.TickCount64 + (long)FlushDelay.TotalMilliseconds;
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
            catch (Exception e) when (e is Microsoft.Data.Sqlite.SqliteException or IOException)
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
        (RequestRecord Request, StoredAnswer Answer, Action Saved)[] answers;
        lock (_gate)
        {
            if (_other.IsEmpty)
            {
                if (_active.IsEmpty && _answers.Count == 0)
                {
                    return;
                }

                _other.Reset(++_generation);
                (_active, _other) = (_other, _active);
                Monitor.PulseAll(_gate);
            }

            full = _other;
            answers = [.. _answers];
        }

        _database.Commit(() =>
        {
            Apply(full);
            foreach ((RequestRecord request, StoredAnswer answer, _) in answers)
            {
                _database.SaveAnswer(request, answer);
            }

            long last = LastEventSequence;
            // In steps, so that not every commit deletes.
            if (last - _firstEvent > Database.MaxEvents + 1_000)
            {
                _database.DeleteEventsUpTo(last - Database.MaxEvents);
                _firstEvent = last - Database.MaxEvents + 1;
            }
        });
        lock (_gate)
        {
            full.Reset(++_generation);
            _answers.RemoveRange(0, answers.Length);
            _failure = null;
        }

        foreach (var (_, _, saved) in answers)
        {
            saved();
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
