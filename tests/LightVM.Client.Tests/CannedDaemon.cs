using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LightVM.Client.Tests;

/// <summary>HTTP on a unix socket with the answers that a test gives it. What it was asked is recorded.</summary>
internal sealed class CannedDaemon : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-canned-").FullName;
    private readonly WebApplication app;

    private CannedDaemon(RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = directory });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(Socket));
        app = builder.Build();
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

    public static async Task<CannedDaemon> StartAsync(RequestDelegate answer)
    {
        var daemon = new CannedDaemon(answer);
        await daemon.app.StartAsync();
        return daemon;
    }

    public LightVMClient Client() => new(HostEndpoint.ForSocket(Socket), new LightVMClientOptions { ReconnectTime = TimeSpan.FromSeconds(5) });

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
