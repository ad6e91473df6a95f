using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LightVM.Daemon;
using LightVM.Daemon.Events;
using LightVM.Daemon.Store;
using LightVM.Toolstack;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LightVM.Daemon.Tests;

/// <summary>The daemon's HTTP half in this process, on sockets in a directory of its own, over guests that exist in memory only.</summary>
internal sealed class TestDaemon : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly bool _ownsDirectory;
    private WebApplication? _app;

    private TestDaemon(string directory, bool ownsDirectory)
    {
        DirectoryPath = directory;
        _ownsDirectory = ownsDirectory;
        Paths = new DaemonPaths(Path.Combine(directory, "run"), Path.Combine(directory, "state"));
        Directory.CreateDirectory(Paths.RunDirectory);
        Directory.CreateDirectory(Paths.StateDirectory);
        Store = new StateStore(Paths.RunDirectory, Paths.Database);
        Events = new EventLog(Store);
        Networks = new NetworkTestHost().Manager(Store, Events);
        Networks.Start();
        Networks.Settle();
        Client = MakeClient(Paths.Socket, HttpVersion.Version11);
    }

    public string DirectoryPath { get; }

    public DaemonPaths Paths { get; }

    public StateStore Store { get; }

    public EventLog Events { get; }

    public NetworkManager Networks { get; }

    public MemoryGuests Guests { get; private init; } = new();

    public MemoryMoves Moves { get; } = new();

    public StringWriter Log { get; } = new();

    public HttpClient Client { get; }

    /// <summary>The routes in the order of their mapping.</summary>
    public IReadOnlyList<RouteEndpoint> Endpoints =>
        [.. _app!.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    public static async Task<TestDaemon> StartAsync(MemoryGuests? guests = null, string? directory = null, TimeProvider? clock = null)
    {
        var daemon = new TestDaemon(directory ?? Directory.CreateTempSubdirectory("lvmd-").FullName, directory is null)
        {
            Guests = guests ?? new MemoryGuests(),
        };
        var log = new DaemonLog(TextWriter.Synchronized(daemon.Log));
        var services = new DaemonServices
        {
            Guests = daemon.Guests,
            Moves = daemon.Moves,
            Images = new ImageStore(Path.Combine(daemon.Paths.StateDirectory, "images")),
            Networks = daemon.Networks,
            Fleets = new LightVM.Daemon.Endpoints.FleetRegistry(daemon.Store, daemon.Events, clock),
            Store = daemon.Store,
            Events = daemon.Events,
            Log = log.Write,
            Stopping = daemon._stopping.Token,
        };
        daemon._app = DaemonApp.Build(daemon.Paths, log, services.Map);
        await daemon._app.StartAsync();
        return daemon;
    }

    public static SocketsHttpHandler MakeHandler(string socketPath) => new()
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };

    public static HttpClient MakeClient(string socketPath, Version version) => new(MakeHandler(socketPath))
    {
        BaseAddress = new Uri("http://lightvm/"),
        DefaultRequestVersion = version,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromMinutes(1),
    };

    public async Task<WebSocket> OpenSocketAsync(string path, bool http2, CancellationToken cancellation)
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var invoker = new HttpMessageInvoker(MakeHandler(http2 ? Paths.Http2Socket : Paths.Socket), disposeHandler: false);
        await socket.ConnectAsync(new Uri("ws://lightvm" + path), invoker, cancellation);
        return socket;
    }

    public async Task<(HttpResponseMessage Response, JsonNode? Body)> SendAsync(
        string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        HttpResponseMessage response = await Client.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return (response, text.Length > 0 ? JsonNode.Parse(text) : null);
    }

    /// <summary>The answer must be a whole problem document of this code and status.</summary>
    public async Task<JsonNode> FailAsync(
        string code, int status, string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        (HttpResponseMessage response, JsonNode? answer) = await SendAsync(method, path, body, headers);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Problem problem = answer.Deserialize(LightVMJson.Default.Problem)!;
        Assert.Equal((code, status, status), (problem.Code, problem.Status, (int)response.StatusCode));
        Assert.NotEmpty(problem.Title);
        Assert.NotEmpty(problem.Detail);
        Assert.False(string.IsNullOrEmpty(problem.Recommendation));
        return answer!;
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _app!.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await StopAsync();
        await _app!.DisposeAsync();

        Store.Dispose();
        _stopping.Dispose();
        if (_ownsDirectory)
        {
            Directory.Delete(DirectoryPath, recursive: true);
        }
    }
}
