using Microsoft.AspNetCore.Http;

namespace LightVM.Client.Tests;

public sealed class BrokenConnectionsAreRepaired
{
    [Fact]
    public async Task A_request_is_sent_once_more_with_the_same_key()
    {
        int calls = 0;
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(c => Interlocked.Increment(ref calls) == 1
            ? Break(c)
            : CannedDaemon.Json(c, """{"results":[]}"""));
        using LightVMClient client = daemon.Client();
        await client.Guests.CreateAsync(new CreateGuestsRequest { Guests = [] });
        Assert.Equal(2, daemon.Requests.Count);
        Assert.NotNull(daemon.Requests[0].Key);
        Assert.Equal(daemon.Requests[0].Key, daemon.Requests[1].Key);
    }

    [Fact]
    public async Task A_request_is_not_sent_a_third_time()
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(Break);
        using LightVMClient client = daemon.Client();
        var e = await Assert.ThrowsAsync<LightVMException>(() => client.Guests.CreateAsync(new CreateGuestsRequest { Guests = [] }));
        Assert.Equal(ErrorCodes.HostUnreachable, e.Problem.Code);
        Assert.Equal(2, daemon.Requests.Count);
    }

    [Fact]
    public async Task A_followed_console_goes_on_after_its_last_line()
    {
        int calls = 0;
        var read = new TaskCompletionSource();
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(async c =>
        {
            bool first = Interlocked.Increment(ref calls) == 1;
            await CannedDaemon.Json(c, first ? Lines(1, 2) + "\n{\"sequence\":3,\"te" : Lines(3, 4), type: "application/x-ndjson");
            if (first)
            {
                await c.Response.Body.FlushAsync();
                await read.Task;
                c.Abort();
            }
        });
        using LightVMClient client = daemon.Client();
        var seen = new List<long>();
        await foreach (ConsoleLine line in client.Console.ReadAsync(Guid.NewGuid(), follow: true, tail: 2))
        {
            seen.Add(line.Sequence);
            if (line.Sequence == 2)
            {
                read.SetResult();
            }
        }

        Assert.Equal([1, 2, 3, 4], seen);
        Assert.EndsWith("follow=true&tail=2", daemon.Requests[0].Uri, StringComparison.Ordinal);
        Assert.EndsWith("follow=true&after=2", daemon.Requests[1].Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_whose_daemon_was_restarted_is_asked_for_again_with_its_key()
    {
        int posts = 0;
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(c => c.Request.Method == "POST"
            ? CannedDaemon.Json(
                c,
                Interlocked.Increment(ref posts) == 1
                    ? """{"id":"11111111-1111-1111-1111-111111111111","kind":"createGuests","status":"running","total":9}"""
                    : """{"id":"22222222-2222-2222-2222-222222222222","kind":"createGuests","status":"succeeded","done":9,"total":9,"results":[]}""",
                202)
            : CannedDaemon.Json(c, """{"code":"OperationNotFound","detail":"none"}""", 404, "application/problem+json"));
        using LightVMClient client = daemon.Client();
        await client.Guests.CreateAsync(new CreateGuestsRequest { Guests = [] }, progress: null);
        Assert.Equal(["POST", "GET", "POST"], daemon.Requests.Select(r => r.Method));
        Assert.Equal(daemon.Requests[0].Key, daemon.Requests[2].Key);
    }

    private static string Lines(params int[] numbers) =>
        string.Concat(numbers.Select(n => $$"""{"sequence":{{n}},"time":"2026-01-01T00:00:00Z","text":"line {{n}}"}""" + "\n\n"));

    private static Task Break(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }
}
