using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using LightVM.Toolstack;

namespace LightVM.Daemon.Store;

/// <summary>
/// The daemon's memory across its lives. A change is first a record in a mapped journal under /run, which costs microseconds and
/// outlives kill -9; <see cref="GroupCommit"/> moves what has gathered into SQLite.
/// </summary>
internal sealed class StateStore : IGuestStore, INetworkStore, IPoolStore, IDisposable
{
    /// <summary>Bytes of each journal: some 6,000 changes of guests.</summary>
    public const int DefaultJournalSize = 4 << 20;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private readonly Database _database;
    private readonly Lock _databaseGate = new();
    private readonly GroupCommit _journal;
    private long _lastEvent;
    private long _firstEvent;

    public StateStore(
        string runDirectory, string databasePath, Action<LogSeverity, string>? log = null, int journalSize = DefaultJournalSize)
    {
        _database = new Database(databasePath);
        _journal = new GroupCommit(
            _database, _databaseGate, runDirectory, journalSize, DeleteOldEvents, log ?? (static (_, _) => { }));
        (_firstEvent, _lastEvent) = _database.EventRange();
        _journal.Start();
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
            _journal.Append(Write(record));
        }
    }

    public ReadOnlyMemory<byte> Encode(GuestRecord record) => Write(record).ToArray();

    public void SaveEncoded(ReadOnlyMemory<byte> encoded) => _journal.Append(encoded.Span);

    public void Delete(IReadOnlyList<Guid> ids)
    {
        Span<byte> record = stackalloc byte[17];
        record[0] = (byte)RecordKind.GuestDeleted;
        foreach (Guid id in ids)
        {
            id.TryWriteBytes(record[1..]);
            _journal.Append(record);
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
        _journal.Append(buffer.WrittenSpan);
    }

    public void DeleteFleet(string name)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.FleetDeleted);
        buffer.Write(Encoding.UTF8.GetBytes(name));
        _journal.Append(buffer.WrittenSpan);
    }

    /// <summary>All revisions of all fleets, oldest first, without their specs.</summary>
    public IReadOnlyList<FleetRevision> LoadRevisions()
    {
        lock (_databaseGate)
        {
            return _database.LoadRevisions();
        }
    }

    /// <summary>What it takes to go back to a revision, or null.</summary>
    public RevisionSpec? LoadRevisionSpec(string fleet, long revision)
    {
        Flush();
        lock (_databaseGate)
        {
            return _database.LoadRevisionSpec(fleet, revision);
        }
    }

    public void SaveRevision(FleetRevision revision)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.RevisionSaved);
        WriteJson(buffer, revision, LightVMJson.Default.FleetRevision);
        _journal.Append(buffer.WrittenSpan);
    }

    public void DeleteRevision(string fleet, long revision)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.RevisionDeleted);
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(8), revision);
        buffer.Advance(8);
        buffer.Write(Encoding.UTF8.GetBytes(fleet));
        _journal.Append(buffer.WrittenSpan);
    }

    public IReadOnlyList<FleetLease> LoadLeases()
    {
        lock (_databaseGate)
        {
            return _database.LoadLeases();
        }
    }

    public void SaveLease(FleetLease lease)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.LeaseSaved);
        WriteJson(buffer, lease, LightVMJson.Default.FleetLease);
        _journal.Append(buffer.WrittenSpan);
    }

    public void DeleteLease(string fleet)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.LeaseDeleted);
        buffer.Write(Encoding.UTF8.GetBytes(fleet));
        _journal.Append(buffer.WrittenSpan);
    }

    public IReadOnlyList<NetworkRecord> LoadNetworks()
    {
        lock (_databaseGate)
        {
            return _database.LoadNetworks();
        }
    }

    public void SaveNetwork(NetworkRecord record)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.NetworkSaved);
        WriteJson(buffer, record, ToolstackJson.Default.NetworkRecord);
        _journal.Append(buffer.WrittenSpan);
    }

    public void DeleteNetwork(string name)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.NetworkDeleted);
        buffer.Write(Encoding.UTF8.GetBytes(name));
        _journal.Append(buffer.WrittenSpan);
    }

    public PoolRecord LoadPool()
    {
        lock (_databaseGate)
        {
            return _database.LoadPool() ?? new PoolRecord();
        }
    }

    public void SavePool(PoolRecord record)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.PoolSaved);
        WriteJson(buffer, record, ToolstackJson.Default.PoolRecord);
        _journal.Append(buffer.WrittenSpan);
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
        _journal.TryAppend(buffer.WrittenSpan);
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
        _journal.Append(buffer.WrittenSpan);
    }

    /// <summary>Keeps an answer with the next group commit; <paramref name="saved"/> is called when it is there.</summary>
    public void SaveAnswer(RequestRecord request, StoredAnswer answer, Action saved) =>
        _journal.Also(() => _database.SaveAnswer(request, answer), saved);

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
    public void Flush() => _journal.Flush();

    public void Dispose()
    {
        _journal.Dispose();
        _database.Dispose();
    }

    /// <summary>Good until the next record is written on this thread.</summary>
    private static ReadOnlySpan<byte> Write(GuestRecord record)
    {
        ArrayBufferWriter<byte> buffer = Begin(RecordKind.GuestSaved);
        record.Id.TryWriteBytes(buffer.GetSpan(16));
        buffer.Advance(16);
        WriteJson(buffer, record, ToolstackJson.Default.GuestRecord);
        return buffer.WrittenSpan;
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

    private void DeleteOldEvents()
    {
        long last = LastEventSequence;
        // In steps, so that not every commit deletes.
        if (last - _firstEvent > Database.MaxEvents + 1_000)
        {
            _database.DeleteEventsUpTo(last - Database.MaxEvents);
            _firstEvent = last - Database.MaxEvents + 1;
        }
    }
}
