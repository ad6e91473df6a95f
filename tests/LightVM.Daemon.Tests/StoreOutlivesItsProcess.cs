using System.Text.Json;
using LightVM.Daemon.Store;
using LightVM.Toolstack;
using Microsoft.Data.Sqlite;

namespace LightVM.Daemon.Tests;

/// <summary>What was saved is there in the next life, however this one ended.</summary>
public sealed class StoreOutlivesItsProcess : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lvmd-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void After_a_proper_end()
    {
        GuestRecord[] records = [.. Enumerable.Range(0, 50).Select(Record)];
        using (StateStore store = Open(_directory))
        {
            store.Save(records);
            store.Save([records[3] with { Confirmed = true, Name = "renamed" }]);
            store.Delete([records[4].Id, Guid.NewGuid()]);
        }

        using StateStore next = Open(_directory);
        IReadOnlyList<GuestRecord> loaded = next.Load();
        Assert.Equal(49, loaded.Count);
        Assert.Equal(Json(records[0]), Json(loaded[0]));
        Assert.True(loaded.Single(r => r.Id == records[3].Id) is { Confirmed: true, Name: "renamed" });
        Assert.DoesNotContain(loaded, r => r.Id == records[4].Id);
    }

    [Fact]
    public void What_the_pool_is_to_hold()
    {
        using (StateStore store = Open(_directory))
        {
            Assert.Equal(PoolRecord.DefaultBudget, store.LoadPool().Budget);
            Assert.Empty(store.LoadPool().Flavours);
            store.SavePool(new PoolRecord { Budget = 1 });
            store.SavePool(new PoolRecord { Budget = 1 << 20, Flavours = [new PoolFlavourRecord { Image = "hello", Memory = 4 << 20, VCpuCount = 2, Devices = 1, Count = 8, Fleet = "shop" }] });
        }

        using StateStore next = Open(_directory);
        PoolRecord pool = next.LoadPool();
        Assert.Equal(1 << 20, pool.Budget);
        Assert.Equal(new PoolFlavourRecord { Image = "hello", Memory = 4 << 20, VCpuCount = 2, Devices = 1, Count = 8, Fleet = "shop" }, Assert.Single(pool.Flavours));
    }

    [Fact]
    public void A_record_of_an_earlier_lightvmd_has_no_devices()
    {
        const string old = """{"id":"11111111-2222-3333-4444-555555555555","name":"old","image":"hello","imageDigest":"sha256:0","memory":4194304,"vcpuCount":1,"labels":{},"confirmed":true}""";
        GuestRecord record = JsonSerializer.Deserialize(old, ToolstackJson.Default.GuestRecord)!;
        Assert.Empty(record.Adapters);
        Assert.Empty(record.Disks);
        Assert.Empty(record.Publish);
        Assert.Empty(record.Arguments);
        Assert.Empty(record.Environment);
        Assert.Empty(record.Files);
        Assert.Equal(GuestType.Pv, record.Type);
    }

    [Fact]
    public void After_a_kill_at_any_time()
    {
        // The database and the journals are copied while the store works, as a kill -9 would leave them: what Save had returned
        // for must be in the copy.
        using StateStore store = Open(_directory, journalSize: 64 * 1024);
        var saved = new Dictionary<Guid, GuestRecord>();
        var random = new Random(1);
        for (int round = 0; round < 30; round++)
        {
            for (int i = 0; i < 40; i++)
            {
                GuestRecord record = Record(random.Next(60)) with { Revision = (round * 100) + i };
                if (random.Next(4) == 0)
                {
                    store.Delete([record.Id]);
                    saved.Remove(record.Id);
                }
                else
                {
                    store.Save([record]);
                    saved[record.Id] = record;
                }
            }

            string copy = Path.Combine(_directory, $"copy-{round}");
            Directory.CreateDirectory(copy);
            // The journals first: copying is not instant, and a journal is emptied only after the database has it.
            foreach (string name in (string[])["journal-0", "journal-1", "lightvm.db-wal", "lightvm.db"])
            {
                if (File.Exists(Path.Combine(_directory, name)))
                {
                    File.Copy(Path.Combine(_directory, name), Path.Combine(copy, name));
                }
            }

            using StateStore next = Open(copy, journalSize: 64 * 1024);
            Assert.Equal(
                saved.Values.OrderBy(r => r.Id).Select(r => (r.Id, r.Revision)),
                next.Load().OrderBy(r => r.Id).Select(r => (r.Id, r.Revision)));
        }
    }

    [Fact]
    public void More_than_the_journals_hold()
    {
        GuestRecord[] records = [.. Enumerable.Range(0, 2000).Select(Record)];
        using (StateStore store = Open(_directory, journalSize: 64 * 1024))
        {
            foreach (GuestRecord record in records)
            {
                store.Save([record]);
            }
        }

        using StateStore next = Open(_directory, journalSize: 64 * 1024);
        Assert.Equal(2000, next.Load().Count);
    }

    [Fact]
    public void A_record_that_is_too_large_for_a_journal()
    {
        var fleet = new Fleet { Name = "large", Guests = [.. Enumerable.Range(0, 10_000).Select(_ => Guid.NewGuid())] };
        using (StateStore store = Open(_directory, journalSize: 64 * 1024))
        {
            store.SaveFleet(new Fleet { Name = "large" });
            store.SaveFleet(fleet);
            store.SaveFleet(new Fleet { Name = "gone" });
            store.DeleteFleet("gone");
        }

        using StateStore next = Open(_directory, journalSize: 64 * 1024);
        Assert.Equal(fleet.Guests, Assert.Single(next.LoadFleets()).Guests);
    }

    [Fact]
    public void Saving_from_many_threads()
    {
        using (StateStore store = Open(_directory, journalSize: 64 * 1024))
        {
            Parallel.For(0, 8, thread =>
            {
                for (int i = 0; i < 200; i++)
                {
                    store.Save([Record((thread * 1000) + i)]);
                }
            });
        }

        using StateStore next = Open(_directory, journalSize: 64 * 1024);
        Assert.Equal(1600, next.Load().Count);
    }

    [Fact]
    public void A_database_that_takes_nothing_for_a_while_holds_nobody_up()
    {
        using (StateStore store = Open(_directory))
        {
            using (var other = new SqliteConnection($"Data Source={Path.Combine(_directory, "lightvm.db")};Pooling=False"))
            {
                other.Open();
                using SqliteCommand command = other.CreateCommand();
                command.CommandText = "BEGIN EXCLUSIVE";
                command.ExecuteNonQuery();
                store.Save([.. Enumerable.Range(0, 500).Select(Record)]);
                command.CommandText = "ROLLBACK";
                command.ExecuteNonQuery();
            }

            store.Flush();
            Assert.Equal(500, store.Load().Count);
        }
    }

    [Fact]
    public void A_database_of_a_newer_version_is_refused_and_left_alone()
    {
        Open(_directory).Dispose();
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(_directory, "lightvm.db")};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        LightVMException e = Assert.Throws<LightVMException>(() => Open(_directory));
        Assert.Contains("99", e.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_database_is_named()
    {
        File.WriteAllText(Path.Combine(_directory, "lightvm.db"), new string('x', 10_000));
        LightVMException e = Assert.Throws<LightVMException>(() => Open(_directory));
        Assert.Contains("lightvm.db", e.Problem.Detail, StringComparison.Ordinal);
    }

    private static string Json(GuestRecord record) => JsonSerializer.Serialize(record, ToolstackJson.Default.GuestRecord);

    private static StateStore Open(string directory, int journalSize = StateStore.DefaultJournalSize) =>
        new(directory, Path.Combine(directory, "lightvm.db"), journalSize: journalSize);

    private static GuestRecord Record(int n) => new()
    {
        Id = new Guid(n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        Name = $"guest-{n}",
        Image = "hello",
        ImageDigest = "sha256:" + new string('0', 64),
        Memory = 4 << 20,
        Labels = new() { ["n"] = $"{n}" },
        Adapters = [new AdapterRecord { Id = 0, Slot = 1, Network = "default", Mac = "02:1c:7b:00:00:01", Address = "10.118.0.2", RateLimit = n }],
        Disks = [new DiskRecord { Id = 0, Slot = 2, Path = "/srv/disk.img", ReadOnly = true, Size = 1 << 20 }],
        Publish = [new PublishedPort { HostPort = 8080, GuestPort = 80 }],
        Arguments = ["a b", ""],
        Environment = new() { ["NAME"] = "value" },
        Files = [new GuestFileRecord { Path = "/etc/x", Digest = "sha256:0", Size = 3, Mode = 0x124 }],
        Type = GuestType.Pvh,
        CreationTime = DateTimeOffset.UnixEpoch.AddSeconds(n),
        StartupTime = TimeSpan.FromMilliseconds(1.5),
    };
}
