using System.Net.WebSockets;
using LightVM.Toolstack;

namespace LightVM.Daemon.Tests;

/// <summary>Moves as HTTP sees them: what a test has them send, what they received, and which steps were asked for.</summary>
internal sealed class MemoryMoves : IGuestMoves
{
    private readonly List<string> _steps = [];

    /// <summary>Messages that a source sends, before it says that all is sent.</summary>
    public IReadOnlyList<byte[]> ToSend { get; set; } = [];

    /// <summary>Completed by giving it up.</summary>
    public TaskCompletionSource GivenUp { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a source has seen that nobody listens any more.</summary>
    public TaskCompletionSource SeenClosed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<byte[]> Received { get; } = [];

    /// <summary>Completes with whether what came was complete when it ended.</summary>
    public TaskCompletionSource<bool> ReceiveEnded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Thrown by a destination at its first message.</summary>
    public LightVMException? Refusal { get; set; }

    public IReadOnlyList<string> Steps
    {
        get
        {
            lock (_steps)
            {
                return [.. _steps];
            }
        }
    }

    public MoveOffer Offer(string idOrName) => idOrName == "gone"
        ? throw new LightVMException(ErrorCodes.GuestNotFound, "There is no such guest.", idOrName)
        : new MoveOffer { Guest = new Guest { Name = idOrName, Id = Guid.NewGuid(), Image = "hello" } };

    public Task<MoveVerdict> CheckAsync(MoveCheck check) => Task.FromResult(new MoveVerdict { NeedsImage = check.AcceptNewAddress });

    public async Task SendAsync(Guid move, string idOrName, string peer, IMoveSink sink, CancellationToken cancellationToken)
    {
        Step($"send {idOrName} to {peer}");
        foreach (byte[] message in ToSend)
        {
            await sink.SendAsync(message, cancellationToken);
        }

        try
        {
            await sink.TellAsync(new MoveProgress { Sent = true }, cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            SeenClosed.TrySetResult(); // it went before this was said
            throw;
        }

        if (await Task.WhenAny(GivenUp.Task, sink.Closed) == sink.Closed)
        {
            SeenClosed.TrySetResult();
            throw new LightVMException(ErrorCodes.Canceled, "Whoever moved it has gone.", idOrName);
        }
    }

    public IIncomingMove Receive(Guid move, string peer, bool acceptNewAddress, bool sharedDisks)
    {
        Step($"receive from {peer}{(acceptNewAddress ? ", any address" : "")}{(sharedDisks ? ", shared disks" : "")}");
        return new Incoming(this);
    }

    public Task<MoveToken> GiveUpAsync(Guid move)
    {
        Step("give up");
        GivenUp.TrySetResult();
        return Task.FromResult(new MoveToken { Token = new string('a', 64) });
    }

    public Task<Guest> StartAsync(Guid move, MoveStart start, string actor)
    {
        Step($"start {(start.Force ? "by force" : start.Token)}");
        return Task.FromResult(new Guest { Name = "web", Id = Guid.NewGuid(), Image = "hello", State = GuestState.Running });
    }

    public Task CompleteAsync(Guid move, string actor) => Done("complete");

    public Task SettleAsync(Guid move) => Done("settle");

    public Task<Guest> TakeBackAsync(Guid move, string actor) =>
        throw new LightVMException(ErrorCodes.MoveNotFound, "There is no such move.", move.ToString());

    public Task AbortAsync(Guid move, string actor) => Done("abort");

    private Task Done(string step)
    {
        Step(step);
        return Task.CompletedTask;
    }

    private void Step(string step)
    {
        lock (_steps)
        {
            _steps.Add(step);
        }
    }

    private sealed class Incoming(MemoryMoves moves) : IIncomingMove
    {
        private bool _complete;

        public void Append(ReadOnlySpan<byte> message)
        {
            if (moves.Refusal is { } refusal)
            {
                throw refusal;
            }

            moves.Received.Add(message.ToArray());
        }

        public Task CompleteAsync()
        {
            _complete = true;
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            moves.ReceiveEnded.TrySetResult(_complete);
            return ValueTask.CompletedTask;
        }
    }
}
