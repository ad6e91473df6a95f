using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace LightVM.Daemon.Http;

/// <summary>WebSockets: by HTTP/1.1's upgrade or HTTP/2's extended CONNECT; the middleware around these routes knows both.</summary>
internal static class Sockets
{
    /// <summary>How long the other end may take to say that it has closed as well.</summary>
    public static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(1);

    /// <exception cref="LightVMException">InvalidArgument: the request asks for no WebSocket.</exception>
    public static void Require(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            throw Problems.InvalidArgument(
                $"{http.Request.Path} is a WebSocket, which this request does not ask for.",
                http.Request.Path,
                StatusCodes.Status426UpgradeRequired,
                "Ask with Upgrade: websocket (HTTP/1.1), or by extended CONNECT (HTTP/2).");
        }
    }

    /// <exception cref="LightVMException">InvalidArgument: the request asks for no WebSocket.</exception>
    public static Task<WebSocket> AcceptAsync(HttpContext http)
    {
        Require(http);
        return http.WebSockets.AcceptWebSocketAsync();
    }

    /// <summary>Whether an exception is how a WebSocket ends when its other end, or the daemon, goes.</summary>
    public static bool IsEnd(Exception e, HttpContext http, CancellationToken ending) =>
        e is WebSocketException or ObjectDisposedException
        || (e is OperationCanceledException && ending.IsCancellationRequested)
        || (e is IOException && (ending.IsCancellationRequested || http.RequestAborted.IsCancellationRequested));

    /// <summary>Ends a WebSocket well, if that can be said soon.</summary>
    public static async Task CloseAsync(WebSocket socket, WebSocketCloseStatus status = WebSocketCloseStatus.NormalClosure, string? why = null)
    {
        using var limit = new CancellationTokenSource(CloseTime);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(status, why, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            socket.Abort(); // the other end has gone, or takes nothing
        }
    }
}
