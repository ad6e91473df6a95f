using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using LightVM.Toolstack;
using Microsoft.Data.Sqlite;

namespace LightVM.Daemon.Store;

/// <summary>
/// The SQLite file: guests, networks, fleets with their history and leases, events, requests with an Idempotency-Key. One thread at a time: the owner locks.
/// </summary>
internal sealed class Database : IDisposable
{
    /// <summary>Events that are kept.</summary>
    public const int MaxEvents = 100_000;

    private const string PoolSetting = "pool";

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _saveGuest;
    private readonly SqliteCommand _deleteGuest;
    private readonly SqliteCommand _saveEvent;
    private readonly SqliteCommand _saveFleet;
    private readonly SqliteCommand _deleteFleet;
    private readonly SqliteCommand _saveRevision;
    private readonly SqliteCommand _deleteRevision;
    private readonly SqliteCommand _deleteRevisions;
    private readonly SqliteCommand _saveLease;
    private readonly SqliteCommand _deleteLease;
    private readonly SqliteCommand _saveNetwork;
    private readonly SqliteCommand _deleteNetwork;
    private readonly SqliteCommand _saveSetting;
    private readonly SqliteCommand _beginRequest;
    private readonly SqliteCommand _answerRequest;

    /// <exception cref="LightVMException">InternalError: the file is of a newer lightvmd, or no database.</exception>
    public Database(string path)
    {
        SqliteLibrary.Use();
        _connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            _connection.Open();
            // FULL: the group commit pays for the disk, no request does.
            Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
            DatabaseSchema.Migrate(_connection, path);
        }
        catch (SqliteException e)
        {
            _connection.Dispose();
            throw new LightVMException(
                ErrorCodes.InternalError,
                $"The database {path} cannot be used: {e.Message}",
                path,
                "If it is damaged, move it away: running guests are then unknown to lightvmd until they are removed by `xl destroy`.",
                e);
        }

        _saveGuest = Prepare("INSERT INTO guests (id, name, record) VALUES ($a, $b, $c) "
            + "ON CONFLICT (id) DO UPDATE SET name = excluded.name, record = excluded.record");
        _deleteGuest = Prepare("DELETE FROM guests WHERE id = $a");
        _saveEvent = Prepare("INSERT OR REPLACE INTO events (sequence, record) VALUES ($a, $b)");
        _saveFleet = Prepare("INSERT OR REPLACE INTO fleets (name, record) VALUES ($a, $b)");
        _deleteFleet = Prepare("DELETE FROM fleets WHERE name = $a");
        _saveRevision = Prepare("INSERT OR REPLACE INTO revisions (fleet, revision, record, spec) VALUES ($a, $b, $c, $d)");
        _deleteRevision = Prepare("DELETE FROM revisions WHERE fleet = $a AND revision = $b");
        _deleteRevisions = Prepare("DELETE FROM revisions WHERE fleet = $a");
        _saveLease = Prepare("INSERT OR REPLACE INTO leases (fleet, record) VALUES ($a, $b)");
        _deleteLease = Prepare("DELETE FROM leases WHERE fleet = $a");
        _saveNetwork = Prepare("INSERT OR REPLACE INTO networks (name, record) VALUES ($a, $b)");
        _deleteNetwork = Prepare("DELETE FROM networks WHERE name = $a");
        _saveSetting = Prepare("INSERT OR REPLACE INTO settings (name, record) VALUES ($a, $b)");
        _beginRequest = Prepare("INSERT INTO requests (actor, key, time, fingerprint, ids) VALUES ($a, $b, $c, $d, $e) "
            + "ON CONFLICT (actor, key) DO UPDATE SET time = excluded.time, fingerprint = excluded.fingerprint, ids = excluded.ids");
        _answerRequest = Prepare("INSERT INTO requests (actor, key, time, fingerprint, ids, status, content_type, etag, location, body) "
            + "VALUES ($a, $b, $c, $d, $e, $f, $g, $h, $i, $j) ON CONFLICT (actor, key) DO UPDATE SET status = excluded.status, "
            + "content_type = excluded.content_type, etag = excluded.etag, location = excluded.location, body = excluded.body");
    }

    /// <summary>Runs <paramref name="work"/> as one transaction.</summary>
    public void Commit(Action work)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            Execute("COMMIT");
        }
        catch
        {
            try
            {
                Execute("ROLLBACK");
            }
            catch (SqliteException)
            {
                // SQLite has rolled back by itself (a full disk, for one); the first failure is the one that matters.
            }

            throw;
        }
    }

    /// <summary>Applies one record of a journal.</summary>
    public void Apply(ReadOnlySpan<byte> record)
    {
        ReadOnlySpan<byte> rest = record[1..];
        switch ((RecordKind)record[0])
        {
            case RecordKind.GuestSaved:
                Run(_saveGuest, rest[..16].ToArray(), NameIn(rest[16..]), Encoding.UTF8.GetString(rest[16..]));
                break;
            case RecordKind.GuestDeleted:
                Run(_deleteGuest, rest[..16].ToArray());
                break;
            case RecordKind.Event:
                Run(_saveEvent, BinaryPrimitives.ReadInt64LittleEndian(rest), Encoding.UTF8.GetString(rest[8..]));
                break;
            case RecordKind.FleetSaved:
                int length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
                Run(_saveFleet, Encoding.UTF8.GetString(rest.Slice(2, length)), Encoding.UTF8.GetString(rest[(2 + length)..]));
                break;
            case RecordKind.FleetDeleted:
                Run(_deleteFleet, Encoding.UTF8.GetString(rest));
                Run(_deleteRevisions, Encoding.UTF8.GetString(rest));
                break;
            case RecordKind.RevisionSaved:
                SaveRevision(JsonSerializer.Deserialize(rest, LightVMJson.Default.FleetRevision)!);
                break;
            case RecordKind.RevisionDeleted:
                Run(_deleteRevision, Encoding.UTF8.GetString(rest[8..]), BinaryPrimitives.ReadInt64LittleEndian(rest));
                break;
            case RecordKind.LeaseSaved:
                FleetLease lease = JsonSerializer.Deserialize(rest, LightVMJson.Default.FleetLease)!;
                Run(_saveLease, lease.Fleet, Encoding.UTF8.GetString(rest));
                break;
            case RecordKind.LeaseDeleted:
                Run(_deleteLease, Encoding.UTF8.GetString(rest));
                break;
            case RecordKind.NetworkSaved:
                Run(_saveNetwork, NameIn(rest), Encoding.UTF8.GetString(rest));
                break;
            case RecordKind.NetworkDeleted:
                Run(_deleteNetwork, Encoding.UTF8.GetString(rest));
                break;
            case RecordKind.PoolSaved:
                Run(_saveSetting, PoolSetting, Encoding.UTF8.GetString(rest));
                break;
            case RecordKind.RequestBegun:
                RequestRecord request = JsonSerializer.Deserialize(rest, DaemonJson.Default.RequestRecord)!;
                Run(_beginRequest, request.Actor, request.Key, request.Time, request.Fingerprint, request.Ids);
                break;
            default:
                throw new InvalidDataException($"A journal record is of the unknown kind {record[0]}.");
        }
    }

    public void SaveAnswer(RequestRecord request, StoredAnswer answer) =>
        Run(
            _answerRequest, request.Actor, request.Key, request.Time, request.Fingerprint, request.Ids,
            answer.Status, answer.ContentType, answer.ETag, answer.Location, answer.Body);

    public IReadOnlyList<GuestRecord> LoadGuests() =>
        Query(
            "SELECT record FROM guests ORDER BY rowid",
            r => JsonSerializer.Deserialize(r.GetString(0), ToolstackJson.Default.GuestRecord)!);

    public IReadOnlyList<Fleet> LoadFleets() =>
        Query("SELECT record FROM fleets", r => JsonSerializer.Deserialize(r.GetString(0), LightVMJson.Default.Fleet)!);

    /// <summary>All revisions of all fleets, oldest first, without their specs.</summary>
    public IReadOnlyList<FleetRevision> LoadRevisions() =>
        Query(
            "SELECT record FROM revisions ORDER BY fleet, revision",
            r => JsonSerializer.Deserialize(r.GetString(0), LightVMJson.Default.FleetRevision)!);

    /// <summary>What it takes to go back to a revision; null: there is no such revision, or it was too large.</summary>
    public RevisionSpec? LoadRevisionSpec(string fleet, long revision) =>
        Query(
            "SELECT spec FROM revisions WHERE fleet = $a AND revision = $b AND spec IS NOT NULL",
            r => JsonSerializer.Deserialize(r.GetString(0), LightVMJson.Default.RevisionSpec)!,
            fleet,
            revision).FirstOrDefault();

    public IReadOnlyList<FleetLease> LoadLeases() =>
        Query("SELECT record FROM leases", r => JsonSerializer.Deserialize(r.GetString(0), LightVMJson.Default.FleetLease)!);

    public IReadOnlyList<NetworkRecord> LoadNetworks() =>
        Query("SELECT record FROM networks", r => JsonSerializer.Deserialize(r.GetString(0), ToolstackJson.Default.NetworkRecord)!);

    /// <summary>What was saved of the pool, or null.</summary>
    public PoolRecord? LoadPool() =>
        Query(
            "SELECT record FROM settings WHERE name = $a",
            r => JsonSerializer.Deserialize(r.GetString(0), ToolstackJson.Default.PoolRecord)!,
            PoolSetting).FirstOrDefault();

    /// <summary>Requests since <paramref name="since"/> (Unix seconds), and whether each has its answer here.</summary>
    public IReadOnlyList<(RequestRecord Request, bool Answered)> LoadRequests(long since) =>
        Query(
            "SELECT actor, key, time, fingerprint, ids, status IS NOT NULL FROM requests WHERE time >= $a",
            r => (new RequestRecord
            {
                Actor = r.GetString(0),
                Key = r.GetString(1),
                Time = r.GetInt64(2),
                Fingerprint = r.GetInt64(3),
                Ids = r.GetFieldValue<byte[]>(4),
            }, r.GetBoolean(5)),
            since);

    public StoredAnswer? LoadAnswer(string actor, string key) =>
        Query(
            "SELECT status, content_type, etag, location, body FROM requests WHERE actor = $a AND key = $b AND status IS NOT NULL",
            r => new StoredAnswer(r.GetInt32(0), Text(r, 1), Text(r, 2), Text(r, 3), r.GetFieldValue<byte[]>(4)),
            actor,
            key).FirstOrDefault();

    public void DeleteRequestsBefore(long time)
    {
        using SqliteCommand command = Prepare("DELETE FROM requests WHERE time < $a");
        Run(command, time);
    }

    /// <summary>First and last sequence that are held; 0 and 0 for none.</summary>
    public (long First, long Last) EventRange() =>
        Query("SELECT ifnull(min(sequence), 0), ifnull(max(sequence), 0) FROM events", r => (r.GetInt64(0), r.GetInt64(1)))[0];

    public IReadOnlyList<Event> LoadEvents(long after, int limit) =>
        Query(
            "SELECT record FROM events WHERE sequence > $a ORDER BY sequence LIMIT $b",
            r => JsonSerializer.Deserialize(r.GetString(0), LightVMJson.Default.Event)!,
            after,
            limit);

    public void DeleteEventsUpTo(long sequence)
    {
        using SqliteCommand command = Prepare("DELETE FROM events WHERE sequence <= $a");
        Run(command, sequence);
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in (SqliteCommand[])[
            _saveGuest, _deleteGuest, _saveEvent, _saveFleet, _deleteFleet, _saveRevision, _deleteRevision, _deleteRevisions, _saveLease, _deleteLease,
            _saveNetwork, _deleteNetwork, _saveSetting, _beginRequest, _answerRequest])
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    /// <summary>The spec lies beside the rest, so that a list need not read it.</summary>
    private void SaveRevision(FleetRevision revision) => Run(
        _saveRevision,
        revision.Fleet,
        revision.Revision,
        JsonSerializer.Serialize(revision.With(spec: null), LightVMJson.Default.FleetRevision),
        revision.Spec is { } spec ? JsonSerializer.Serialize(spec, LightVMJson.Default.RevisionSpec) : null);

    private static string? Text(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static string NameIn(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("name"u8))
            {
                reader.Read();
                return reader.GetString() ?? "";
            }
        }

        return "";
    }

    private SqliteCommand Prepare(string sql)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    /// <summary>Binds $a, $b, … in this order, and runs it.</summary>
    private static void Run(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        Bind(command, values);
        command.ExecuteNonQuery();
    }

    private static void Bind(SqliteCommand command, ReadOnlySpan<object?> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (command.Parameters.Count == i)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = "$" + (char)('a' + i) });
            }

            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }
    }

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using SqliteCommand command = Prepare(sql);
        Bind(command, values);
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private void Execute(string sql)
    {
        using SqliteCommand command = Prepare(sql);
        command.ExecuteNonQuery();
    }
}
