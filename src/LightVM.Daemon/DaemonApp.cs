using LightVM.Daemon.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LightVM.Daemon;

/// <summary>Kestrel on the two sockets, and the way of a request to its route.</summary>
internal static class DaemonApp
{
    /// <summary>How long requests at work may take when the daemon ends; guests live on without it.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    public static WebApplication Build(DaemonPaths paths, DaemonLog log, Action<IEndpointRouteBuilder> map)
    {
        // The empty builder reads no settings, so it watches no files: the slim one would watch the whole content root.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = "lightvmd",
            ContentRootPath = Directory.CreateDirectory(paths.ContentRoot).FullName,
        });
        uint? group = Libc.FindGroup(UnixListener.GroupName);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, paths, group));
        builder.Services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.CreateBoundListenSocket = endPoint => UnixListener.Bind(endPoint, group);
            // A request is handled on the pool thread that its bytes arrived on: no hand-over, which costs more than the request
            // on a small dom0. "Unsafe" means that a handler that blocks holds up its own connection, which waits for it anyway.
            sockets.UnsafePreferInlineScheduling = true;
        });
        builder.Services.AddSingleton<IConnectionListenerFactory>(new UnixTransport(paths.Socket, group));
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = DrainTime);
        builder.Logging.AddProvider(log);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // It never says anything at that level, but makes an Activity for each request as long as it could.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        WebApplication app = builder.Build();
        app.UseRouting();
        app.Use(RefuseWrongMethod);
#pragma warning disable ASP0014 // Routes must come before the last line, which answers what no route takes.
        app.UseEndpoints(map);
#pragma warning restore ASP0014
        app.Run(static http => Pipeline.RefuseAsync(http, StatusCodes.Status404NotFound));
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, DaemonPaths paths, uint? group)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = Call.MaxBody;
        // Peers are local processes: a slow one is a paused ssh or a debugger, a gone one is noticed at once.
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromDays(1);
        // One ssh connection carries a whole session: many consoles can be followed at once.
        kestrel.Limits.Http2.MaxStreamsPerConnection = 4096;
        kestrel.ListenUnixSocket(paths.Socket, listen => Listen(listen, HttpProtocols.Http1, group));
        kestrel.ListenUnixSocket(paths.Http2Socket, listen => Listen(listen, HttpProtocols.Http2, group));
    }

    private static void Listen(ListenOptions listen, HttpProtocols protocols, uint? group)
    {
        listen.Protocols = protocols;
        listen.Use(next => connection =>
        {
            connection.Features.Set(Peer.Of(connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket, group));
            return next(connection);
        });
    }

    /// <summary>Routing answers 405 by an endpoint of its own, without a body: we give it one.</summary>
    private static Task RefuseWrongMethod(HttpContext http, RequestDelegate next)
    {
        Endpoint? endpoint = http.GetEndpoint();
        return endpoint is null or RouteEndpoint ? next(http) : Refuse(http, endpoint);

        static async Task Refuse(HttpContext http, Endpoint endpoint)
        {
            await endpoint.RequestDelegate!(http).ConfigureAwait(false);
            await Pipeline.RefuseAsync(http, StatusCodes.Status405MethodNotAllowed).ConfigureAwait(false);
        }
    }
}
