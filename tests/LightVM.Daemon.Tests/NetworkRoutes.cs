using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>/v1/networks: what is made, what is refused, and that it is remembered.</summary>
public sealed class NetworkRoutes
{
    [Fact]
    public async Task Make_change_and_remove_networks()
    {
        await using TestDaemon daemon = await TestDaemon.StartAsync();
        (_, JsonNode? list) = await daemon.SendAsync("GET", "/v1/networks");
        Assert.Equal("default", (string)Assert.Single(list!.AsArray())!["name"]!);
        (HttpResponseMessage response, JsonNode? web) = await daemon.SendAsync("PUT", "/v1/networks/web", """{"subnet":"10.9.0.0/24","fleet":"shop"}""");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(("10.9.0.0/24", "10.9.0.1", "shop", 253), ((string)web!["subnet"]!, (string)web["gateway"]!, (string)web["fleet"]!, (int)web["freeAddresses"]!));
        (response, _) = await daemon.SendAsync("PUT", "/v1/networks/web", """{"fleet":"shop"}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await daemon.FailAsync(ErrorCodes.NetworkExists, 409, "PUT", "/v1/networks/web", """{"fleet":"shop","mtu":9000}""");
        (response, web) = await daemon.SendAsync("PUT", "/v1/networks/web?change=true", """{"fleet":"shop","mtu":9000}""");
        Assert.Equal((HttpStatusCode.OK, 9000), (response.StatusCode, (int)web!["mtu"]!));
        daemon.Networks.Lease("web", "guest");
        await daemon.FailAsync(ErrorCodes.NetworkInUse, 409, "DELETE", "/v1/networks/web");
        await daemon.FailAsync(ErrorCodes.NetworkInUse, 409, "PUT", "/v1/networks/web?change=true", """{"subnet":"10.9.1.0/24"}""");
        await daemon.SendAsync("PUT", "/v1/networks/gone", "{}");
        (response, _) = await daemon.SendAsync("DELETE", "/v1/networks/gone");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        await daemon.FailAsync(ErrorCodes.NetworkNotFound, 404, "DELETE", "/v1/networks/gone");
        await daemon.FailAsync(ErrorCodes.NetworkNotFound, 404, "GET", "/v1/networks/gone");
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "DELETE", "/v1/networks/default");
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/networks/No_Label", "{}");
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/networks/web2", """{"colour":"blue"}""");
        await daemon.FailAsync(ErrorCodes.AddressInUse, 409, "PUT", "/v1/networks/web2", """{"subnet":"10.9.0.0/16"}""");
        (_, JsonNode? one) = await daemon.SendAsync("GET", "/v1/networks/web");
        Assert.Equal(1, (int)one!["adapterCount"]!);
    }

    [Fact]
    public async Task Are_remembered_over_restarts()
    {
        string directory = Directory.CreateTempSubdirectory("lvmd-").FullName;
        try
        {
            string before;
            await using (TestDaemon daemon = await TestDaemon.StartAsync(directory: directory))
            {
                await daemon.SendAsync("PUT", "/v1/networks/web", """{"nat":false,"isolated":true}""");
                await daemon.SendAsync("PUT", "/v1/networks/gone", "{}");
                await daemon.SendAsync("DELETE", "/v1/networks/gone");
                before = (await daemon.SendAsync("GET", "/v1/networks")).Body!.ToJsonString();
            }

            await using TestDaemon next = await TestDaemon.StartAsync(directory: directory);
            Assert.Equal(before, (await next.SendAsync("GET", "/v1/networks")).Body!.ToJsonString());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
