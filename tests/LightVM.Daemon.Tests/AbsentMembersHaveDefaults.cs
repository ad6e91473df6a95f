using LightVM.Daemon.Http;

namespace LightVM.Daemon.Tests;

/// <summary>
/// What a request leaves out has the value that its type says. (Generated JSON code sets every init-only property, absent ones to
/// zero or null, so properties with an initializer have a setter.)
/// </summary>
public sealed class AbsentMembersHaveDefaults
{
    [Fact]
    public void Of_creations()
    {
        CreateGuestsRequest request = RequestJson.Parse("""{"guests":[{"name":"a","image":"b"}]}"""u8, RequestJson.CreateGuestsRequest);
        Assert.True(request.Start);
        Assert.Equal(1, request.Guests[0].VCpuCount);
    }

    [Fact]
    public void Of_actions_and_waits()
    {
        Assert.Equal(30_000, RequestJson.Parse("""{"action":"stop","names":["a"]}"""u8, RequestJson.GuestActionRequest).TimeoutMs);
        Assert.Equal(30_000, RequestJson.Parse("""{"for":"running","ids":[]}"""u8, RequestJson.WaitRequest).TimeoutMs);
    }

    [Fact]
    public void Of_fleets_and_manifests()
    {
        Fleet fleet = RequestJson.Parse("""{"name":"a"}"""u8, RequestJson.Fleet);
        Assert.Empty(fleet.Guests);
        Assert.Equal("", fleet.SpecDigest);
        Assert.Empty(fleet.Hosts);
        FleetRevision run = RequestJson.Parse("""{"name":"a","run":{"spec":{"text":""}}}"""u8, RequestJson.Fleet).Run!;
        Assert.Equal(("", "", 0), (run.SpecDigest, run.SpecPath, run.Images.Count));
        Assert.Empty(run.Spec!.Files);
        Assert.Equal(("", 0), (RequestJson.Parse("""{"name":"a","hosts":[{"name":"b"}]}"""u8, RequestJson.Fleet).Hosts[0].Address, fleet.Hosts.Count));
        FleetLeaseRequest lease = RequestJson.Parse("""{"id":"11111111-1111-1111-1111-111111111111"}"""u8, RequestJson.FleetLeaseRequest);
        Assert.Equal((30_000, ""), (lease.DurationMs, lease.Holder));
        ImageManifest manifest = RequestJson.Parse(
            """{"name":"a","kind":"unikernel","kernel":{"file":"k","digest":"d"}}"""u8, RequestJson.ImageManifest);
        Assert.Equal("", manifest.CommandLine);
    }
}
