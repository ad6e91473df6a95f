using LightVM.Daemon.Endpoints;
using LightVM.Daemon.Events;
using LightVM.Daemon.Http;
using LightVM.Daemon.Metrics;
using LightVM.Daemon.Operations;
using LightVM.Daemon.Store;
using LightVM.Toolstack;

namespace LightVM.Daemon;

/// <summary>All that the routes stand on; wired by hand, as there is one of each.</summary>
internal sealed class DaemonServices
{
    public required IGuests Guests { get; init; }

    public required ImageStore Images { get; init; }

    public required IGuestMoves Moves { get; init; }

    public required NetworkManager Networks { get; init; }

    public required StateStore Store { get; init; }

    public required EventLog Events { get; init; }

    public required FleetRegistry Fleets { get; init; }

    public required Action<LogSeverity, string> Log { get; init; }

    /// <summary>Cancelled when the daemon begins to end: streams are cut then.</summary>
    public CancellationToken Stopping { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public void Map(Microsoft.AspNetCore.Routing.IEndpointRouteBuilder builder)
    {
        FleetRegistry fleets = Fleets;
        var requests = new RequestCounters();
        var routes = new Routes(builder, new Pipeline(new IdempotencyCache(Store, Clock), Log, fleets.Leases.CheckHeld), requests);
        new HostEndpoints(Guests).Map(routes);
        new ImageEndpoints(Images, Events).Map(routes);
        var operations = new OperationRegistry(Log, Clock);
        new GuestEndpoints(Guests, fleets, operations).Map(routes);
        new DeviceEndpoints(Guests).Map(routes);
        new MeasurementEndpoints(Guests).Map(routes);
        new CheckpointEndpoints(Guests, operations).Map(routes);
        new CopyEndpoints(Guests, operations).Map(routes);
        new MoveEndpoints(Moves, Stopping).Map(routes);
        new ConsoleEndpoints(Guests, Stopping).Map(routes);
        new AttachEndpoints(Guests, Stopping).Map(routes);
        new EventEndpoints(Events, Stopping).Map(routes);
        new OperationEndpoints(operations, Stopping).Map(routes);
        new NetworkEndpoints(Networks).Map(routes);
        new PoolEndpoints(Guests).Map(routes);
        new FleetEndpoints(fleets).Map(routes);
        new MetricsEndpoint(Guests, requests).Map(routes);
        OpenApiEndpoint.Map(routes);
    }
}
