using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LightVM.Client;

/// <summary>HTTP to one daemon, whatever carries it. Threads: any number at once.</summary>
internal sealed class HostConnection : IDisposable
{
    private readonly HttpClient http;
    private readonly DaemonDialer dialer;
    private readonly LightVMClientOptions options;
    private readonly string? lease;
    private readonly bool owns = true;

    // A host that has answered once is worth waiting for when it goes away; one that never did is not.
    private volatile bool everConnected;

    public HostConnection(HostEndpoint endpoint, LightVMClientOptions options)
    {
        Endpoint = endpoint;
        this.options = options;
        dialer = new DaemonDialer(endpoint, options);
        Stamps = new Stamps(HostName);
        Features = new HostFeatures(this);
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = (_, token) => dialer.ConnectAsync(token),
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        };
        if (endpoint.Kind == EndpointKind.Ssh)
        {
            // The one ssh stays for as long as the client lives; pings find out when the host behind it is gone.
            handler.PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan;
            handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(30);
        }

        http = new HttpClient(handler)
        {
            BaseAddress = new Uri("http://lightvm/"),
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = endpoint.Kind == EndpointKind.Ssh ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    private HostConnection(HostConnection whole, Guid lease)
    {
        Endpoint = whole.Endpoint;
        options = whole.options;
        dialer = whole.dialer;
        http = whole.http;
        everConnected = whole.everConnected;
        Stamps = whole.Stamps;
        Features = whole.Features;
        this.lease = lease.ToString();
        owns = false;
    }

    public HostEndpoint Endpoint { get; }

    public string HostName => Endpoint.Name;

    public TimeSpan ReconnectTime => options.ReconnectTime;

    /// <summary>Puts the host's name on what comes from it.</summary>
    public Stamps Stamps { get; }

    public HostFeatures Features { get; }

    public Task<T> GetAsync<T>(string uri, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, uri, type, cancellationToken);

    public async Task<bool> ExistsAsync(string uri, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Head, uri), HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }

        await Answer.ThrowIfFailedAsync(Endpoint, response, uri, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>PUTs a file as it is; the progress is told of bytes that are sent.</summary>
    public async Task UploadAsync(string uri, string path, CancellationToken cancellationToken, IProgress<long>? progress = null)
    {
        string key = NewKey();
        using HttpResponseMessage response = await SendAsync(
            () =>
            {
                // Opened anew for a repeated request, and disposed with it.
                var content = new StreamContent(progress is null ? File.OpenRead(path) : new CountedStream(File.OpenRead(path), progress));
                content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                return Keyed(new HttpRequestMessage(HttpMethod.Put, uri) { Content = content }, key);
            },
            HttpCompletionOption.ResponseContentRead,
            cancellationToken).ConfigureAwait(false);
        await Answer.ThrowIfFailedAsync(Endpoint, response, uri, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>PUTs what comes from elsewhere. Not repeated: it comes once.</summary>
    public async Task UploadAsync(string uri, Stream bytes, long? length, CancellationToken cancellationToken)
    {
        using var content = new StreamContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.ContentLength = length;
        using HttpRequestMessage request = NewRequest(new HttpRequestMessage(HttpMethod.Put, uri) { Content = content });
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
            await Answer.ThrowIfFailedAsync(Endpoint, response, uri, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw (await dialer.ExplainAsync(e).ConfigureAwait(false)).ToLightVMException();
        }
    }

    public async Task SendAsync(HttpMethod method, string uri, CancellationToken cancellationToken)
    {
        string key = NewKey();
        using HttpResponseMessage response = await SendAsync(
            () => Keyed(new HttpRequestMessage(method, uri), key), HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        await Answer.ThrowIfFailedAsync(Endpoint, response, uri, cancellationToken).ConfigureAwait(false);
    }

    public async Task<T> SendAsync<T>(HttpMethod method, string uri, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        string key = NewKey();
        using HttpResponseMessage response = await SendAsync(
            () => Keyed(new HttpRequestMessage(method, uri), key), HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await Answer.ReadAsync(Endpoint, response, uri, type, cancellationToken).ConfigureAwait(false);
    }

    public Task<TOut> SendAsync<TIn, TOut>(
        HttpMethod method,
        string uri,
        TIn body,
        JsonTypeInfo<TIn> bodyType,
        JsonTypeInfo<TOut> type,
        CancellationToken cancellationToken,
        bool respondAsync = false,
        string? ifMatch = null,
        string? idempotencyKey = null) => SendAsync(
            method,
            uri,
            body,
            bodyType,
            response => Answer.ReadAsync(Endpoint, response, uri, type, cancellationToken),
            respondAsync ? "respond-async" : null,
            ifMatch,
            idempotencyKey,
            cancellationToken);

    /// <summary>The same, but it asks for no body if all of it succeeds, and gives null then.</summary>
    public Task<TOut?> SendForProblemsAsync<TIn, TOut>(
        HttpMethod method, string uri, TIn body, JsonTypeInfo<TIn> bodyType, JsonTypeInfo<TOut> type, CancellationToken cancellationToken)
        where TOut : class => SendAsync(
            method,
            uri,
            body,
            bodyType,
            async response => response.StatusCode is HttpStatusCode.Created or HttpStatusCode.NoContent
                ? null
                : await Answer.ReadAsync(Endpoint, response, uri, type, cancellationToken).ConfigureAwait(false),
            "return=minimal",
            null,
            null,
            cancellationToken);

    private async Task<TOut> SendAsync<TIn, TOut>(
        HttpMethod method,
        string uri,
        TIn body,
        JsonTypeInfo<TIn> bodyType,
        Func<HttpResponseMessage, Task<TOut>> read,
        string? prefer,
        string? ifMatch,
        string? idempotencyKey,
        CancellationToken cancellationToken)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, bodyType);
        string key = idempotencyKey ?? NewKey();
        using HttpResponseMessage response = await SendAsync(
            () =>
            {
                var content = new ByteArrayContent(json);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                HttpRequestMessage request = Keyed(new HttpRequestMessage(method, uri) { Content = content }, key);
                if (prefer is not null)
                {
                    request.Headers.Add("Prefer", prefer);
                }

                if (ifMatch is not null)
                {
                    request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
                }

                return request;
            },
            HttpCompletionOption.ResponseContentRead,
            cancellationToken).ConfigureAwait(false);
        return await read(response).ConfigureAwait(false);
    }

    /// <summary>Begins a GET whose answer is read as it comes. Not repeated: the reader knows where it was. The caller disposes the answer.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string uri, CancellationToken cancellationToken)
    {
        using var request = NewRequest(new HttpRequestMessage(HttpMethod.Get, uri));
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw await dialer.ExplainAsync(e).ConfigureAwait(false);
        }

        everConnected = true;
        try
        {
            await Answer.ThrowIfFailedAsync(Endpoint, response, uri, cancellationToken).ConfigureAwait(false);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a WebSocket on the connection that carries all else: an upgrade of its own HTTP/1.1 connection on a socket, one more
    /// stream of the HTTP/2 connection over ssh. Not by ClientWebSocket, which drops the problem document that says why not.
    /// </summary>
    /// <exception cref="LightVMException">As the daemon says, or its connection.</exception>
    public async Task<WebSocket> OpenWebSocketAsync(string uri, CancellationToken cancellationToken)
    {
        var upgrade = new WebSocketUpgrade(http.DefaultRequestVersion);
        HttpResponseMessage response = await SendAsync(
            () => upgrade.Request(uri), HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        try
        {
            if (!upgrade.IsAccepted(response))
            {
                await Answer.ThrowIfFailedAsync(Endpoint, response, uri, cancellationToken).ConfigureAwait(false);
                throw new LightVMException(ConnectionFailure.NotUnderstood(Endpoint, uri, "it opens no WebSocket"));
            }

            Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            
            // The connection below finds out for all of its streams when the other end is gone.
            return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { KeepAliveInterval = TimeSpan.Zero });
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>The same connection, whose requests are refused once the lease is another's. This one must live as long.</summary>
    public HostConnection Under(Guid lease) => new(this, lease);

    public void Dispose()
    {
        if (owns)
        {
            http.Dispose();
            dialer.Dispose();
        }
    }

    /// <summary>A key by which the daemon knows a repeated request again.</summary>
    public static string NewKey() => Guid.NewGuid().ToString("N");

    private static HttpRequestMessage Keyed(HttpRequestMessage request, string key)
    {
        if (request.Method != HttpMethod.Get && request.Method != HttpMethod.Head)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return request;
    }

    private HttpRequestMessage NewRequest(HttpRequestMessage request)
    {
        request.Version = http.DefaultRequestVersion;
        request.VersionPolicy = http.DefaultVersionPolicy;
        if (lease is not null)
        {
            request.Headers.Add(FleetLease.Header, lease);
        }

        return request;
    }

    /// <summary>
    /// Sends a request; when the connection breaks before the answer is complete, once more. All requests may be: those that change
    /// something carry a key by which the daemon knows them again. Before that, a daemon that has answered earlier gets time to be back.
    /// </summary>
    private async Task<HttpResponseMessage> SendAsync(
        Func<HttpRequestMessage> make, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        bool repeated = false;
        Reconnect? reconnect = null;
        while (true)
        {
            ConnectionLostException lost;
            using (HttpRequestMessage request = NewRequest(make()))
            {
                try
                {
                    HttpResponseMessage response = await http.SendAsync(request, completion, cancellationToken).ConfigureAwait(false);
                    everConnected = true;
                    return response;
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    lost = await dialer.ExplainAsync(e).ConfigureAwait(false);
                }
                catch (ObjectDisposedException e)
                {
                    throw new LightVMException(ConnectionFailure.Disconnected(Endpoint), e);
                }
            }

            if (lost.WasConnected ? repeated : !everConnected)
            {
                throw lost.ToLightVMException();
            }

            repeated |= lost.WasConnected;
            reconnect ??= new Reconnect(ReconnectTime);
            if (!await reconnect.PauseAsync(cancellationToken).ConfigureAwait(false))
            {
                throw lost.ToLightVMException();
            }
        }
    }
}
