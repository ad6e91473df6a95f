using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace LightVM.Client;

/// <summary>The request that turns an HTTP exchange into a WebSocket (RFC 6455; over HTTP/2 RFC 8441), and what its answer must be.</summary>
internal sealed class WebSocketUpgrade(Version version)
{
    private const string Magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private readonly string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));

    private bool IsHttp2 => version.Major >= 2;

    /// <summary>A new message each time: one that was sent cannot be sent again.</summary>
    public HttpRequestMessage Request(string uri)
    {
        var request = new HttpRequestMessage(IsHttp2 ? HttpMethod.Connect : HttpMethod.Get, uri);
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        if (IsHttp2)
        {
            request.Headers.Protocol = "websocket";
            return request;
        }

        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
        return request;
    }

    public bool IsAccepted(HttpResponseMessage response)
    {
        if (IsHttp2)
        {
            return response.StatusCode == HttpStatusCode.OK;
        }

        // What RFC 6455 asks for: proof that the answer is to this very request, not a secret.
#pragma warning disable CA5350
        string expected = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Magic)));
#pragma warning restore CA5350
        return response.StatusCode == HttpStatusCode.SwitchingProtocols
            && response.Headers.TryGetValues("Sec-WebSocket-Accept", out IEnumerable<string>? accept)
            && accept.Contains(expected);
    }
}
