using LightVM.Daemon.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LightVM.Daemon.Http;

/// <summary>
/// Maps routes to handlers through the pipeline. They are plain request delegates, not delegates with bound parameters: binding by
/// hand is what makes each refusal a problem document of ours, and leaves nothing between a decoded body and the toolstack.
/// </summary>
internal sealed class Routes(IEndpointRouteBuilder builder, Pipeline pipeline, RequestCounters requests)
{
    public void Map(string method, string pattern, Func<Call, Task<Reply>> handler, RouteDoc doc)
    {
        bool keyed = doc.Keyed;
        RequestCounters.RouteCounter counter = requests.Of(method, pattern);
        Task Run(HttpContext http) => pipeline.RunAsync(http, handler, keyed, counter);
        builder.MapMethods(pattern, [method], Run).WithMetadata(doc);
    }

    /// <summary>A route that is a WebSocket; its handler accepts it once nothing speaks against that.</summary>
    public void MapSocket(string pattern, Func<Call, Task<Reply>> handler, RouteDoc doc)
    {
        // Around these routes alone: the others' way stays as short as it is. No keep-alives: an idle one costs nothing, and
        // whether the other end lives is ssh's, or the kernel's, to find out.
        var options = new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan };
        RequestCounters.RouteCounter get = requests.Of(HttpMethods.Get, pattern), connect = requests.Of(HttpMethods.Connect, pattern);
        var middleware = new WebSocketMiddleware(
            http => pipeline.RunAsync(http, handler, keyed: false, HttpMethods.IsConnect(http.Request.Method) ? connect : get), Options.Create(options), NullLoggerFactory.Instance);
        builder.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Connect], middleware.Invoke).WithMetadata(doc);
    }
}
