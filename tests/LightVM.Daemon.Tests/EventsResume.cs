using LightVM.Daemon.Events;
using LightVM.Daemon.Store;

namespace LightVM.Daemon.Tests;

/// <summary>Events are numbered without holes over all lives, and a reader knows what it has missed.</summary>
public sealed class EventsResume : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lvmd-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task From_memory_and_from_the_database()
    {
        using StateStore store = Open(_directory);
        var log = new EventLog(store, ringSize: 16);
        Append(log, 100);
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), await Sequences(log, after: null));
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), await Sequences(log, after: 0));
        Assert.Equal([98, 99, 100], await Sequences(log, after: 97));
        Assert.Empty(await Sequences(log, after: 100));
    }

    [Fact]
    public async Task The_sequence_goes_on_after_a_restart_and_after_a_kill()
    {
        using (StateStore store = Open(_directory))
        {
            Append(new EventLog(store), 10);
        }

        string killed = Path.Combine(_directory, "killed");
        using (StateStore store = Open(_directory))
        {
            Append(new EventLog(store), 5);
            Directory.CreateDirectory(killed);
            foreach (string name in (string[])["journal-0", "journal-1", "lightvm.db-wal", "lightvm.db"])
            {
                File.Copy(Path.Combine(_directory, name), Path.Combine(killed, name));
            }
        }

        using StateStore next = Open(killed);
        var log = new EventLog(next);
        Append(log, 1);
        Assert.Equal(Enumerable.Range(1, 16).Select(i => (long)i), await Sequences(log, after: 0));
    }

    [Fact]
    public async Task What_is_no_longer_held_is_a_gap()
    {
        using StateStore store = Open(_directory);
        var log = new EventLog(store, ringSize: 16);
        Append(log, 50);
        store.Flush();
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection(
            $"Data Source={Path.Combine(_directory, "lightvm.db")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM events WHERE sequence <= 40";
            command.ExecuteNonQuery();
        }

        List<Event> read = await Read(log, after: 7);
        Assert.Equal(("Gap", 40L), (read[0].Kind, read[0].Sequence));
        Assert.Equal(Enumerable.Range(41, 10).Select(i => (long)i), read.Skip(1).Select(e => e.Sequence));
        // Who asks for whatever there is has missed nothing.
        Assert.DoesNotContain(await Read(log, after: null), e => e.Kind == "Gap");
    }

    [Fact]
    public async Task Nothing_comes_after_a_position_that_has_not_been_yet()
    {
        using StateStore store = Open(_directory);
        var log = new EventLog(store);
        Append(log, 3);
        Assert.Empty(await Read(log, after: 1000));
        // Who follows learns where the numbers are, and goes on.
        using var stop = new CancellationTokenSource();
        await using IAsyncEnumerator<Event> follower = log.Read(1000, follow: true, stop.Token).GetAsyncEnumerator();
        Assert.True(await follower.MoveNextAsync());
        Assert.Equal(("Gap", 3L), (follower.Current.Kind, follower.Current.Sequence));
        Append(log, 1);
        Assert.True(await follower.MoveNextAsync());
        Assert.Equal(4, follower.Current.Sequence);
    }

    [Fact]
    public async Task A_follower_gets_what_comes_and_never_holds_up_a_producer()
    {
        using StateStore store = Open(_directory);
        var log = new EventLog(store, ringSize: 16);
        Append(log, 2);
        using var stop = new CancellationTokenSource();
        await using IAsyncEnumerator<Event> follower = log.Read(1, follow: true, stop.Token).GetAsyncEnumerator();
        Assert.True(await follower.MoveNextAsync());
        Assert.Equal(2, follower.Current.Sequence);
        // It does not read while a thousand are appended, many times what memory holds.
        Append(log, 1000);
        for (long i = 3; i <= 1002; i++)
        {
            Assert.True(await follower.MoveNextAsync());
            Assert.Equal(i, follower.Current.Sequence);
        }

        ValueTask<bool> waiting = follower.MoveNextAsync();
        Assert.False(waiting.IsCompleted);
        Append(log, 1);
        Assert.True(await waiting);
        Assert.Equal(1003, follower.Current.Sequence);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await follower.MoveNextAsync());
    }

    private static StateStore Open(string directory) => new(directory, Path.Combine(directory, "lightvm.db"));

    private static void Append(EventLog log, int count)
    {
        for (int i = 0; i < count; i++)
        {
            log.Append("GuestCreated", $"g{i}", Guid.NewGuid(), "made", "uid:0 (root)");
        }
    }

    private static async Task<List<Event>> Read(EventLog log, long? after)
    {
        var events = new List<Event>();
        await foreach (Event entry in log.Read(after, follow: false, CancellationToken.None))
        {
            events.Add(entry);
        }

        return events;
    }

    private static async Task<IEnumerable<long>> Sequences(EventLog log, long? after) => (await Read(log, after)).Select(e => e.Sequence);
}
