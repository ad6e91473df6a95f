using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>/v1/pool: what is asked reaches the pool, what is wrong is refused.</summary>
public sealed class PoolRoutes
{
    [Fact]
    public async Task Set_show_and_end_flavours()
    {
        await using TestDaemon daemon = await TestDaemon.StartAsync();
        (HttpResponseMessage response, JsonNode? flavour) = await daemon.SendAsync("PUT", "/v1/pool/flavours/hello", """{"memory":4194304,"count":8}""");
        Assert.Equal((HttpStatusCode.OK, 8), (response.StatusCode, (int)flavour!["wanted"]!));
        (_, JsonNode? pool) = await daemon.SendAsync("PATCH", "/v1/pool", """{"budget":1048576}""");
        Assert.Equal(1 << 20, (long)pool!["budget"]!);
        (_, pool) = await daemon.SendAsync("GET", "/v1/pool");
        Assert.Equal("hello", (string)Assert.Single(pool!["flavours"]!.AsArray())!["image"]!);
        (response, _) = await daemon.SendAsync("DELETE", "/v1/pool/flavours/hello");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        (response, flavour) = await daemon.SendAsync("PUT", "/v1/pool/checkpoints/warm", """{"count":8}""");
        Assert.Equal((HttpStatusCode.OK, "warm", 8), (response.StatusCode, (string)flavour!["checkpoint"]!, (int)flavour["wanted"]!));
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/pool/flavours/hello", """{"memory":4194304}""");
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/pool/flavours/hello", """{"count":8,"colour":"blue"}""");
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PATCH", "/v1/pool", """{"budget":"much"}""");
    }
}
