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
        ImageManifest manifest = RequestJson.Parse(
            """{"name":"a","kind":"unikernel","kernel":{"file":"k","digest":"d"}}"""u8, RequestJson.ImageManifest);
        Assert.Equal("", manifest.CommandLine);
    }
}
