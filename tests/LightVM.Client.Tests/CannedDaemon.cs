using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace LightVM.Client.Tests;

/// <summary>HTTP on a unix socket with the answers that a test gives it. What it was asked is recorded.</summary>
internal sealed class CannedDaemon : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-canned-").FullName;
    private readonly WebApplication app;

    private CannedDaemon(RequestDelegate answer, bool byDial)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = directory });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            if (byDial)
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            }
            else
            {
                kestrel.ListenUnixSocket(Socket);
            }
        });
        app = builder.Build();
        app.UseWebSockets();
        app.Run(async context =>
        {
            lock (Requests)
            {
                Requests.Add((context.Request.Method, context.Request.Path + context.Request.QueryString.Value, context.Request.Headers["Idempotency-Key"]));
            }

            await answer(context);
        });
    }

    public string Socket => Path.Combine(directory, "d.sock");

    public List<(string Method, string Uri, string? Key)> Requests { get; } = [];

    /// <param name="answer">Answers each request.</param>
    /// <param name="byDial">Serves HTTP/2 behind a program in place of ssh, as a remote host's daemon is reached.</param>
    public static async Task<CannedDaemon> StartAsync(RequestDelegate answer, bool byDial = false)
    {
        var daemon = new CannedDaemon(answer, byDial);
        await daemon.app.StartAsync();
        return daemon;
    }

    /// <summary>A client that reaches a daemon which was started with byDial.</summary>
    public LightVMClient DialingClient()
    {
        string ssh = Path.Combine(directory, "ssh");
        int port = new Uri(app.Urls.Single()).Port;
        File.WriteAllText(ssh, $"#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/{port}\ncat <&3 &\nexec cat >&3\n");
        File.SetUnixFileMode(ssh, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new LightVMClient(HostEndpoint.ForSsh("far"), new LightVMClientOptions { SshProgram = ssh, ReconnectTime = TimeSpan.FromSeconds(5) });
    }

    public LightVMClient Client(TimeSpan? reconnectTime = null) =>
        new(HostEndpoint.ForSocket(Socket), new LightVMClientOptions { ReconnectTime = reconnectTime ?? TimeSpan.FromSeconds(5) });

    public static Task Json(HttpContext context, string json, int status = 200, string type = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(json);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }
}
