using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>The same key gets the first answer again, and nothing is done twice.</summary>
public sealed class IdempotencyKeys : IAsyncLifetime
{
    private const string Two = """{"guests":[{"name":"a","image":"i"},{"name":"b","image":"i"}]}""";
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync() => _daemon = await TestDaemon.StartAsync();

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    [Fact]
    public async Task A_repeated_creation_gets_the_first_answer()
    {
        (_, JsonNode? first) = await _daemon.SendAsync("POST", "/v1/guests", Two, ("Idempotency-Key", "one"));
        (HttpResponseMessage response, JsonNode? second) = await _daemon.SendAsync("POST", "/v1/guests", Two, ("Idempotency-Key", "one"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(first!.ToJsonString(), second!.ToJsonString());
        Assert.NotNull(first["results"]![0]!["guest"]);
        Assert.Equal(1, _daemon.Guests.CreateCalls);
    }

    [Fact]
    public async Task Large_answers_are_kept_too()
    {
        string body = "{\"guests\":[" + string.Join(',', Enumerable.Range(0, 500).Select(i => $$$"""{"name":"g{{{i}}}","image":"x"}""")) + "]}";
        (_, JsonNode? first) = await _daemon.SendAsync("POST", "/v1/guests", body, ("Idempotency-Key", "large"));
        _daemon.Store.Flush();
        (_, JsonNode? second) = await _daemon.SendAsync("POST", "/v1/guests", body, ("Idempotency-Key", "large"));
        Assert.Equal(first!.ToJsonString(), second!.ToJsonString());
    }

    [Fact]
    public async Task One_that_comes_while_the_first_is_at_work_waits_for_it()
    {
        var gate = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        _daemon.Guests.BeforeGuest = _ =>
        {
            begun.TrySetResult();
            return gate.Task;
        };
        var first = _daemon.SendAsync("POST", "/v1/guests", Two, ("Idempotency-Key", "k"));
        await begun.Task;
        var second = _daemon.SendAsync("POST", "/v1/guests", Two, ("Idempotency-Key", "k"));
        Assert.False(second.IsCompleted);
        gate.SetResult();
        Assert.Equal((await first).Body!.ToJsonString(), (await second).Body!.ToJsonString());
        Assert.Equal(1, _daemon.Guests.CreateCalls);
    }

    [Fact]
    public async Task A_key_for_another_request_is_refused()
    {
        await _daemon.SendAsync("POST", "/v1/guests", Two, ("Idempotency-Key", "k"));
        await _daemon.FailAsync(
            ErrorCodes.InvalidArgument, 400, "POST", "/v1/guests", """{"guests":[{"name":"c","image":"i"}]}""", ("Idempotency-Key", "k"));
        await _daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "POST", "/v1/guests", Two, ("Idempotency-Key", "white space"));
    }

    [Fact]
    public async Task A_failure_of_ours_is_tried_again()
    {
        _daemon.Guests.Failure = new InvalidOperationException();
        await _daemon.FailAsync(ErrorCodes.InternalError, 500, "POST", "/v1/guests", Two, ("Idempotency-Key", "k"));
        _daemon.Guests.Failure = null;
        (HttpResponseMessage response, JsonNode? answer) = await _daemon.SendAsync("POST", "/v1/guests", Two, ("Idempotency-Key", "k"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotNull(answer!["results"]![1]!["guest"]);
    }

    [Fact]
    public async Task A_creation_that_a_crash_cut_off_is_completed_by_whoever_asks_again()
    {
        string directory = Directory.CreateTempSubdirectory("lvmd-").FullName;
        try
        {
            var guests = new MemoryGuests();
            var never = new TaskCompletionSource();
            var atSecond = new TaskCompletionSource();
            guests.BeforeGuest = n =>
            {
                if (n == 0)
                {
                    return Task.CompletedTask;
                }

                atSecond.TrySetResult();
                return never.Task;
            };
            string copy = directory + "-after-crash";
            TestDaemon first = await TestDaemon.StartAsync(guests, directory);
            Task cut = first.SendAsync("POST", "/v1/guests", Two, ("Idempotency-Key", "k"));
            await atSecond.Task;
            // What a kill -9 would leave: the files as they are now.
            CopyFiles(directory, copy);
            Guid id = Assert.Single(guests.Table).Key;
            guests.BeforeGuest = static _ => Task.CompletedTask;

            await using (TestDaemon second = await TestDaemon.StartAsync(guests, copy))
            {
                (HttpResponseMessage response, JsonNode? answer) = await second.SendAsync("POST", "/v1/guests", Two, ("Idempotency-Key", "k"));
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                Assert.Equal(id, (Guid)answer!["results"]![0]!["guest"]!["id"]!);
                Assert.NotNull(answer["results"]![1]!["guest"]);
                Assert.Equal(2, guests.Table.Count);
            }

            never.SetResult();
            await cut;
            await first.DisposeAsync();
            Directory.Delete(copy, recursive: true);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task An_answer_survives_a_restart()
    {
        string directory = Directory.CreateTempSubdirectory("lvmd-").FullName;
        try
        {
            var guests = new MemoryGuests();
            JsonNode? before;
            await using (TestDaemon first = await TestDaemon.StartAsync(guests, directory))
            {
                (_, before) = await first.SendAsync("POST", "/v1/guests", Two, ("Idempotency-Key", "k"));
            }

            guests.Table.Clear();
            await using TestDaemon second = await TestDaemon.StartAsync(guests, directory);
            (_, JsonNode? after) = await second.SendAsync("POST", "/v1/guests", Two, ("Idempotency-Key", "k"));
            Assert.Equal(before!.ToJsonString(), after!.ToJsonString());
            Assert.Empty(guests.Table);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void CopyFiles(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            if (!file.EndsWith(".sock", StringComparison.Ordinal))
            {
                string target = Path.Combine(to, Path.GetRelativePath(from, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }
    }
}
