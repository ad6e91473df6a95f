namespace LightVM.Client.Tests;

public sealed class NetworksAndDevices
{
    private static readonly Guest Web = new() { Name = "web", Id = Guid.NewGuid(), Image = "http" };

    [Fact]
    public async Task Each_request_is_as_the_api_states_it()
    {
        const string adapter = """{"id":0,"network":"default","mac":"02:1c:7b:00:00:01","address":"10.118.0.2","state":"connected","reachable":true}""";
        const string disk = """{"id":1,"path":"/srv/a.img","readOnly":true,"size":4096,"state":"waiting"}""";
        const string network = """{"name":"back","id":"6f0d3c1e-6a57-4f39-8b70-0c1f1c2d3e4f","subnet":"10.1.0.0/24","mtu":9000,"adapterCount":2}""";
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(c => CannedDaemon.Json(c, (c.Request.Method, c.Request.Path.Value!) switch
        {
            (_, "/v1/host") => """{"name":"h","version":"0.1.0","features":["networks","adapters","disks"]}""",
            ("GET", "/v1/networks") => $"[{network}]",
            (_, "/v1/networks/back") => network,
            ("GET", var path) when path.EndsWith("adapters", StringComparison.Ordinal) => $"[{adapter}]",
            ("GET", _) => $"[{disk}]",
            (_, var path) when path.Contains("adapters", StringComparison.Ordinal) => adapter,
            _ => disk,
        }));
        using LightVMClient client = daemon.Client();
        string guest = $"/v1/guests/{Web.Id}";

        Network back = Assert.Single(await client.Networks.ListAsync());
        Assert.Equal(("back", "10.1.0.0/24", 9000, 2, client.HostName), (back.Name, back.Subnet, back.Mtu, back.AdapterCount, back.HostName));
        await client.Networks.PutAsync("back", new NetworkDefinition { Subnet = "10.1.0.0/24" });
        await client.Networks.PutAsync("back", new NetworkDefinition { Nat = false }, change: true);
        await client.Networks.RemoveAsync("back");
        Adapter first = Assert.Single(await client.Adapters.ListAsync(Web, counters: true));
        Assert.Equal(("web", client.HostName, DeviceState.Connected, true), (first.GuestName, first.HostName, first.State, first.Reachable));
        await client.Adapters.AddAsync(Web, new AdapterDefinition { Network = "back" });
        await client.Adapters.ChangeAsync(Web, 0, new AdapterChange { RateLimit = 0 });
        await client.Adapters.RemoveAsync(Web, 0, force: true);
        Assert.Equal("web", Assert.Single(await client.Disks.ListAsync(Web)).GuestName);
        await client.Disks.AddAsync(Web, new DiskDefinition { Path = "/srv/a.img" });
        await client.Disks.RemoveAsync(Web, 1);

        Assert.Equal(
            [
                "GET /v1/host", "GET /v1/networks", "PUT /v1/networks/back?change=false", "PUT /v1/networks/back?change=true", "DELETE /v1/networks/back",
                $"GET {guest}/adapters?counters=true", $"POST {guest}/adapters", $"PATCH {guest}/adapters/0", $"DELETE {guest}/adapters/0?force=true",
                $"GET {guest}/disks", $"POST {guest}/disks", $"DELETE {guest}/disks/1",
            ],
            daemon.Requests.Select(request => $"{request.Method} {request.Uri}"));
        Assert.All(daemon.Requests, request => Assert.Equal(request.Method != "GET", request.Key is not null));
    }

    [Fact]
    public async Task The_devices_of_a_guest_know_their_guest_and_host()
    {
        await using CannedDaemon daemon = await CannedDaemon.StartAsync(c => CannedDaemon.Json(
            c,
            """[{"name":"a","id":"6f0d3c1e-6a57-4f39-8b70-0c1f1c2d3e4f","image":"http","adapters":[{"id":0,"network":"default","mac":"02:00:00:00:00:01"}],"disks":[{"id":0,"path":"/d"}]}]"""));
        using LightVMClient client = daemon.Client();
        Guest guest = Assert.Single(await client.Guests.ListAsync());
        Assert.Equal(("a", client.HostName), (guest.Adapters[0].GuestName, guest.Adapters[0].HostName));
        Assert.Equal(("a", client.HostName), (guest.Disks[0].GuestName, guest.Disks[0].HostName));
    }
}
