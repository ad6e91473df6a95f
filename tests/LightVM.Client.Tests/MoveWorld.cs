using Microsoft.AspNetCore.Http;

namespace LightVM.Client.Tests;

/// <summary>Two model hosts and a mover, and what may come between them.</summary>
internal sealed class MoveWorld : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
    private readonly Lock gate = new();
    private readonly List<string> log = [];
    private CannedDaemon here = null!;
    private CannedDaemon there = null!;
    private LightVMClient source = null!;
    private LightVMClient destination = null!;
    private MoveFault fault;
    private int at;
    private int steps;
    private int mostRunning;

    private MoveWorld()
    {
        Source = new ModelHost(this, isSource: true);
        Destination = new ModelHost(this, isSource: false);
    }

    public ModelHost Source { get; }

    public ModelHost Destination { get; }

    public string? RefuseStart { get; set; }

    public string? RefuseReceive { get; set; }

    /// <summary>Called by the source before it says that all is sent.</summary>
    public Action BeforeSent { get; set; } = static () => { };

    public byte[] Sent { get; } = [1, 2, 3, 4, 5, 6, 7];

    public List<byte> Received { get; } = [];

    public int Steps => Volatile.Read(ref steps);

    public int MostRunning => Volatile.Read(ref mostRunning);

    public IReadOnlyList<string> Log
    {
        get
        {
            lock (gate)
            {
                return [.. log];
            }
        }
    }

    public string[] Copies => [$"here: {Source.Copy}", $"there: {Destination.Copy}"];

    public static async Task<MoveWorld> StartAsync()
    {
        var world = new MoveWorld();
        world.here = await CannedDaemon.StartAsync(world.Source.AnswerAsync);
        world.there = await CannedDaemon.StartAsync(world.Destination.AnswerAsync);
        world.source = world.here.Client(Patience);
        world.destination = world.there.Client(Patience);
        return world;
    }

    public Task<Guest> MoveAsync(CancellationToken cancellationToken = default) =>
        new GuestMove(source, destination, new GuestMoveOptions()).RunAsync("web", null, cancellationToken);

    public void Arm(MoveFault what, int step)
    {
        lock (gate)
        {
            (fault, at, steps) = (what, step, 0);
        }
    }

    public void Heal() => Arm(MoveFault.None, 0);

    /// <summary>Waits until the streams that broke have been noticed.</summary>
    public async Task SettledAsync()
    {
        await Source.StreamEnded;
        await Destination.StreamEnded;
    }

    /// <summary>One request; false: it is lost before it is done.</summary>
    public bool Begin(ModelHost host, HttpContext context)
    {
        int step;
        MoveFault now;
        lock (gate)
        {
            step = steps++;
            now = fault;
            log.Add($"{(host.IsSource ? "source" : "destination")} {context.Request.Method} {context.Request.Path.Value!.Split('/')[^1]}");
        }

        bool lost = now switch
        {
            MoveFault.LosesRequest => step == at,
            MoveFault.SourceDown => step >= at && host.IsSource,
            MoveFault.DestinationDown => step >= at && !host.IsSource,
            MoveFault.MoverGone => step >= at,
            _ => false,
        };
        if (step == at && now is MoveFault.SourceDown or MoveFault.MoverGone)
        {
            Source.BreakStreams();
        }

        if (step == at && now is MoveFault.DestinationDown or MoveFault.MoverGone)
        {
            Destination.BreakStreams();
        }

        context.Items["lose"] = now == MoveFault.LosesAnswer && step == at;
        return !lost;
    }

    public static bool IsAnswerLost(HttpContext context) => context.Items["lose"] is true;

    /// <summary>Something has changed: more than one may not run at any time.</summary>
    public void Look()
    {
        lock (gate)
        {
            mostRunning = Math.Max(mostRunning, (Source.IsRunning ? 1 : 0) + (Destination.IsRunning ? 1 : 0));
        }
    }

    public async ValueTask DisposeAsync()
    {
        source.Dispose();
        destination.Dispose();
        await here.DisposeAsync();
        await there.DisposeAsync();
        Source.Dispose();
        Destination.Dispose();
    }
}
