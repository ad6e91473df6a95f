using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LightVM.Client;

/// <summary>HTTP to one daemon, whatever carries it. Threads: any number at once.</summary>
internal sealed class HostConnection : IDisposable
{
    private readonly HttpClient http;
    private readonly LightVMClientOptions options;
    private readonly Lock gate = new();
    private SshDial? dial;
    private bool disposed;

    // A host that has answered once is worth waiting for when it goes away; one that never did is not.
    private volatile bool everConnected;

    public HostConnection(HostEndpoint endpoint, LightVMClientOptions options)
    {
        Endpoint = endpoint;
        this.options = options;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
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

    public HostEndpoint Endpoint { get; }

    public string HostName => Endpoint.Name;

    public TimeSpan ReconnectTime => options.ReconnectTime;

    public Guest Stamp(Guest guest)
    {
        guest.HostName = HostName;
        return guest;
    }

    public IReadOnlyList<Guest> Stamp(IReadOnlyList<Guest> guests)
    {
        foreach (Guest guest in guests)
        {
            guest.HostName = HostName;
        }

        return guests;
    }

    public BatchResult Stamp(BatchResult batch)
    {
        StampResults(batch.Results);
        return batch;
    }

    public Operation Stamp(Operation operation)
    {
        StampResults(operation.Results);
        return operation;
    }

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

        await ThrowIfFailedAsync(response, uri, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>PUTs a file as it is.</summary>
    public async Task UploadAsync(string uri, string path, CancellationToken cancellationToken)
    {
        string key = NewKey();
        using HttpResponseMessage response = await SendAsync(
            () =>
            {
                // Opened anew for a repeated request, and disposed with it.
                var content = new StreamContent(File.OpenRead(path));
                content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                return Keyed(new HttpRequestMessage(HttpMethod.Put, uri) { Content = content }, key);
            },
            HttpCompletionOption.ResponseContentRead,
            cancellationToken).ConfigureAwait(false);
        await ThrowIfFailedAsync(response, uri, cancellationToken).ConfigureAwait(false);
    }

    public async Task SendAsync(HttpMethod method, string uri, CancellationToken cancellationToken)
    {
        string key = NewKey();
        using HttpResponseMessage response = await SendAsync(
            () => Keyed(new HttpRequestMessage(method, uri), key), HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        await ThrowIfFailedAsync(response, uri, cancellationToken).ConfigureAwait(false);
    }

    public async Task<T> SendAsync<T>(HttpMethod method, string uri, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        string key = NewKey();
        using HttpResponseMessage response = await SendAsync(
            () => Keyed(new HttpRequestMessage(method, uri), key), HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, uri, type, cancellationToken).ConfigureAwait(false);
    }

    public async Task<TOut> SendAsync<TIn, TOut>(
        HttpMethod method,
        string uri,
        TIn body,
        JsonTypeInfo<TIn> bodyType,
        JsonTypeInfo<TOut> type,
        CancellationToken cancellationToken,
        bool respondAsync = false,
        string? ifMatch = null,
        string? idempotencyKey = null)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, bodyType);
        string key = idempotencyKey ?? NewKey();
        using HttpResponseMessage response = await SendAsync(
            () =>
            {
                var content = new ByteArrayContent(json);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                HttpRequestMessage request = Keyed(new HttpRequestMessage(method, uri) { Content = content }, key);
                if (respondAsync)
                {
                    request.Headers.Add("Prefer", "respond-async");
                }

                if (ifMatch is not null)
                {
                    request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
                }

                return request;
            },
            HttpCompletionOption.ResponseContentRead,
            cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, uri, type, cancellationToken).ConfigureAwait(false);
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
            throw await ExplainAsync(e).ConfigureAwait(false);
        }

        everConnected = true;
        try
        {
            await ThrowIfFailedAsync(response, uri, cancellationToken).ConfigureAwait(false);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>A connection that could not be made, or broke, in words for its user.</summary>
    public async Task<ConnectionLostException> ExplainAsync(Exception error)
    {
        ConnectFailedException? failed = null;
        for (Exception? e = error; e is not null && failed is null; e = e.InnerException)
        {
            failed = e as ConnectFailedException;
        }

        if (failed is not null)
        {
            return new ConnectionLostException(failed.Problem, wasConnected: false, error);
        }

        SshDial? current;
        lock (gate)
        {
            current = dial;
        }

        if (current is not null && await current.ExplainAsync().ConfigureAwait(false) is { } problem)
        {
            return new ConnectionLostException(problem, current.ReceivedAny, error);
        }

        return new ConnectionLostException(ConnectionFailure.Broken(Endpoint, error), wasConnected: true, error);
    }

    public void Dispose()
    {
        SshDial? current;
        lock (gate)
        {
            disposed = true;
            current = dial;
            dial = null;
        }

        http.Dispose();
        current?.Dispose();
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
        return request;
    }

    private void StampResults(IReadOnlyList<GuestResult>? results)
    {
        foreach (GuestResult result in results ?? [])
        {
            if (result.Guest is { } guest)
            {
                guest.HostName = HostName;
            }
        }
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
                    lost = await ExplainAsync(e).ConfigureAwait(false);
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

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, string uri, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await ThrowIfFailedAsync(response, uri, cancellationToken).ConfigureAwait(false);
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new LightVMException(ConnectionFailure.NotUnderstood(Endpoint, uri, e.Message), e);
        }
    }

    private async Task ThrowIfFailedAsync(HttpResponseMessage response, string uri, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            Problem? problem = null;
            try
            {
                problem = JsonSerializer.Deserialize(body, LightVMJson.Default.Problem);
            }
            catch (JsonException e)
            {
                throw new LightVMException(ConnectionFailure.NotUnderstood(Endpoint, uri, e.Message), e);
            }

            if (problem is not null)
            {
                throw new LightVMException(problem);
            }
        }

        throw new LightVMException(ConnectionFailure.Unexplained(Endpoint, uri, response.StatusCode));
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (Endpoint.Kind == EndpointKind.UnixSocket)
        {
            return await ConnectSocketAsync(Endpoint.SocketPath!, cancellationToken).ConfigureAwait(false);
        }

        SshDial next = SshDial.Start(Endpoint, options);
        SshDial? previous;
        lock (gate)
        {
            previous = dial;
            dial = next;
        }

        previous?.Dispose();
        if (disposed)
        {
            next.Dispose();
            throw new ConnectFailedException(ConnectionFailure.Disconnected(Endpoint), null);
        }

        return next.Stream;
    }

    private async Task<Stream> ConnectSocketAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new ConnectFailedException(ConnectionFailure.OfSocket(Endpoint, e), e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
