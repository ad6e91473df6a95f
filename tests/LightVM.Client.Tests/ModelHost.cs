using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace LightVM.Client.Tests;

/// <summary>One host of a move, as docs/migration.md has it: its copy of the guest, and the steps that it takes when it is asked.</summary>
internal sealed class ModelHost : IDisposable
{
    private static readonly Guid Id = Guid.NewGuid();
    private readonly Lock gate = new();
    private MovePhase? phase;
    private readonly MoveWorld world;
    private bool exists;
    private bool running;
    private Guid move;
    private TaskCompletionSource givenUp = new();
    private TaskCompletionSource streamEnded = Ended();
    private CancellationTokenSource streams = new();

    public ModelHost(MoveWorld world, bool isSource)
    {
        this.world = world;
        IsSource = exists = running = isSource;
    }

    public bool IsSource { get; }

    public bool IsRunning => Volatile.Read(ref running);

    public Task StreamEnded => Volatile.Read(ref streamEnded).Task;

    public string Copy
    {
        get
        {
            lock (gate)
            {
                return !exists ? "absent" : running ? "running" : phase?.ToString() ?? "stopped";
            }
        }
    }

    public void BreakStreams() => Interlocked.Exchange(ref streams, new CancellationTokenSource()).Cancel();

    public async Task AnswerAsync(HttpContext context)
    {
        if (!world.Begin(this, context))
        {
            context.Abort();
            return;
        }

        string path = context.Request.Path.Value!;
        if (path == "/v1/host")
        {
            await JsonAsync(context, new Host { Name = "h", Version = "1", Features = ["moves"] }, LightVMJson.Default.Host);
        }
        else if (path == "/v1/moves/check")
        {
            await JsonAsync(context, new MoveVerdict(), LightVMJson.Default.MoveVerdict);
        }
        else if (path.EndsWith("/move", StringComparison.Ordinal))
        {
            await JsonAsync(context, new MoveOffer { Guest = Show()! }, LightVMJson.Default.MoveOffer);
        }
        else if (path.StartsWith("/v1/guests/", StringComparison.Ordinal))
        {
            await (Show() is { } guest ? JsonAsync(context, guest, LightVMJson.Default.Guest) : FailAsync(context, ErrorCodes.GuestNotFound));
        }
        else
        {
            await StepAsync(context, Guid.Parse(path.Split('/')[3]), path.Split('/').ElementAtOrDefault(4));
        }
    }

    public void Dispose() => streams.Dispose();

    private static TaskCompletionSource Ended()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ended.SetResult();
        return ended;
    }

    private Guest? Show()
    {
        lock (gate)
        {
            return !exists ? null : new Guest
            {
                Name = "web",
                Id = Id,
                Image = "hello",
                State = phase switch { MovePhase.GivenUp => GuestState.InDoubt, MovePhase.Received => GuestState.Incoming, _ => GuestState.Running },
                Move = phase is { } known ? new Move { Id = move, Phase = known, Role = IsSource ? MoveRole.Source : MoveRole.Destination } : null,
            };
        }
    }

    private Task StepAsync(HttpContext context, Guid id, string? step) => step switch
    {
        "send" => SendAsync(context, id),
        "receive" => ReceiveAsync(context, id),
        "give-up" => Change(context, id, MovePhase.Sending, MovePhase.GivenUp, () => givenUp.TrySetResult()),
        "start" when world.RefuseStart is { } code => FailAsync(context, code),
        "start" => Change(context, id, MovePhase.Received, MovePhase.Started, () => running = true),
        "complete" => Change(context, id, MovePhase.GivenUp, null, () => exists = false, forgotten: true),
        "settle" => Change(context, id, MovePhase.Started, null, static () => { }, forgotten: true),
        "take-back" => Change(context, id, MovePhase.GivenUp, null, () => running = true),
        _ => Change(context, id, MovePhase.Received, null, () => exists = false),
    };

    /// <summary>From one phase to the next; asked again, it is as if it had been asked once.</summary>
    private async Task Change(HttpContext context, Guid id, MovePhase from, MovePhase? to, Action effect, bool forgotten = false)
    {
        string? refused = null;
        lock (gate)
        {
            if (phase == from && move == id)
            {
                phase = to;
                effect();
            }
            else if (!(forgotten && (phase is null || move != id)) && !(to is not null && phase == to && move == id))
            {
                refused = phase is null || move != id ? ErrorCodes.MoveNotFound : ErrorCodes.MoveInDoubt;
            }
        }

        world.Look();
        if (refused is not null)
        {
            await FailAsync(context, refused);
        }
        else if (to == MovePhase.GivenUp)
        {
            await JsonAsync(context, new MoveToken { Token = "t" }, LightVMJson.Default.MoveToken);
        }
        else if (running)
        {
            await JsonAsync(context, Show()!, LightVMJson.Default.Guest);
        }
        else
        {
            await DoneAsync(context);
        }
    }

    private async Task SendAsync(HttpContext context, Guid id)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, streams.Token);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref streamEnded, ended);
        lock (gate)
        {
            (phase, move, running, givenUp) = (MovePhase.Sending, id, false, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        try
        {
            using WebSocket socket = await AcceptAsync(context);
            Task<ValueWebSocketReceiveResult> closed = socket.ReceiveAsync(Memory<byte>.Empty, ending.Token).AsTask();
            await socket.SendAsync(world.Sent.AsMemory(0, 4), WebSocketMessageType.Binary, true, ending.Token);
            await socket.SendAsync(world.Sent.AsMemory(4), WebSocketMessageType.Binary, true, ending.Token);
            world.BeforeSent();
            await TellAsync(socket, new MoveProgress { Sent = true }, LightVMJson.Default.MoveProgress, ending.Token);
            await Task.WhenAny(givenUp.Task, closed);
            if (givenUp.Task.IsCompleted)
            {
                await TellAsync(socket, new MoveEnd(), LightVMJson.Default.MoveEnd, ending.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or InvalidOperationException)
        {
            // It goes on here, below.
        }

        lock (gate)
        {
            if (phase == MovePhase.Sending && move == id)
            {
                (phase, running) = (null, true);
            }
        }

        world.Look();
        ended.TrySetResult();
        context.Abort();
    }

    private async Task ReceiveAsync(HttpContext context, Guid id)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, streams.Token);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref streamEnded, ended);
        var got = new List<byte>();
        byte[] buffer = new byte[64];
        try
        {
            using WebSocket socket = await AcceptAsync(context);
            ValueWebSocketReceiveResult result;
            while ((result = await socket.ReceiveAsync(buffer.AsMemory(), ending.Token)) is { MessageType: WebSocketMessageType.Binary, Count: > 0 })
            {
                got.AddRange(buffer[..result.Count]);
                if (world.RefuseReceive is { } code)
                {
                    await TellAsync(socket, new MoveEnd { Problem = new Problem { Code = code } }, LightVMJson.Default.MoveEnd, ending.Token);
                    return;
                }
            }

            if (result.MessageType == WebSocketMessageType.Binary)
            {
                lock (gate)
                {
                    (phase, move, exists) = (MovePhase.Received, id, true);
                    world.Received.Clear();
                    world.Received.AddRange(got);
                }

                await TellAsync(socket, new MoveEnd(), LightVMJson.Default.MoveEnd, ending.Token);
                await socket.ReceiveAsync(buffer.AsMemory(), ending.Token); // its end, so that the answer arrives
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or InvalidOperationException)
        {
            // Nothing is left of it, unless it was whole.
        }
        finally
        {
            ended.TrySetResult();
        }
    }

    private static async Task<WebSocket> AcceptAsync(HttpContext context)
    {
        if (!MoveWorld.IsAnswerLost(context))
        {
            return await context.WebSockets.AcceptWebSocketAsync();
        }

        context.Abort();
        throw new IOException("its answer is lost");
    }

    private static ValueTask TellAsync<T>(WebSocket socket, T what, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(what, type)).AsMemory(), WebSocketMessageType.Text, true, cancellation);

    private static Task JsonAsync<T>(HttpContext context, T what, JsonTypeInfo<T> type, int status = 200)
    {
        if (MoveWorld.IsAnswerLost(context))
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = status < 400 ? "application/json" : "application/problem+json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(what, type));
    }

    private static Task FailAsync(HttpContext context, string code) =>
        JsonAsync(context, new Problem { Code = code, Detail = code, Status = 409 }, LightVMJson.Default.Problem, 409);

    private static Task DoneAsync(HttpContext context)
    {
        context.Response.StatusCode = 204;
        if (MoveWorld.IsAnswerLost(context))
        {
            context.Abort();
        }

        return Task.CompletedTask;
    }
}
