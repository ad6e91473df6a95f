using Microsoft.Data.Sqlite;

namespace LightVM.Daemon.Store;

/// <summary>The tables, and the way from each version of them to the next. Only forward.</summary>
internal static class DatabaseSchema
{
    /// <summary>Step n leads from version n to n + 1. A step that was released is never changed.</summary>
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE guests (id BLOB PRIMARY KEY, name TEXT NOT NULL, record TEXT NOT NULL);
        CREATE TABLE fleets (name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE events (sequence INTEGER PRIMARY KEY, record TEXT NOT NULL);
        CREATE TABLE requests (
            actor TEXT NOT NULL, key TEXT NOT NULL, time INTEGER NOT NULL, fingerprint INTEGER NOT NULL, ids BLOB NOT NULL,
            status INTEGER, content_type TEXT, etag TEXT, location TEXT, body BLOB,
            PRIMARY KEY (actor, key));
        CREATE INDEX requests_time ON requests (time);
        """,
        "CREATE TABLE networks (name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;",
        "CREATE TABLE settings (name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;",
        """
        CREATE TABLE revisions (fleet TEXT NOT NULL, revision INTEGER NOT NULL, record TEXT NOT NULL, spec TEXT, PRIMARY KEY (fleet, revision));
        CREATE TABLE leases (fleet TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
        """,
    ];

    public static int Version => Steps.Length;

    /// <summary>Brings the database to <see cref="Version"/>; each step is one transaction.</summary>
    /// <exception cref="LightVMException">InternalError: it is of a newer version.</exception>
    public static void Migrate(SqliteConnection connection, string path)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        int version = Convert.ToInt32(command.ExecuteScalar(), provider: null);
        if (version > Version)
        {
            throw new LightVMException(
                ErrorCodes.InternalError,
                $"The database {path} has schema version {version}; this lightvmd knows up to {Version}.",
                path,
                "Install the lightvmd that wrote it, or a later one.");
        }

        for (; version < Version; version++)
        {
            command.CommandText = $"BEGIN IMMEDIATE; {Steps[version]} PRAGMA user_version = {version + 1}; COMMIT";
            command.ExecuteNonQuery();
        }
    }
}
