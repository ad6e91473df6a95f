using System.Text.Json;
using Xunit;

namespace LightVM.Tests;

/// <summary>A client may leave out what has a default; the source generator sets absent init-only members to zero.</summary>
public sealed class AbsentMembersKeepTheirDefaults
{
    [Fact]
    public void Of_a_definition()
    {
        GuestDefinition read = Read("""{"name":"a","image":"hello"}""", LightVMJson.Default.GuestDefinition);
        Assert.Equal(1, read.VCpuCount);
        Assert.Equal(RestartPolicy.Never, read.RestartPolicy);
        Assert.Null(read.CommandLine);
    }

    [Fact]
    public void Of_a_creation() => Assert.True(Read("""{"guests":[]}""", LightVMJson.Default.CreateGuestsRequest).Start);

    [Fact]
    public void Of_an_action() =>
        Assert.Equal(30_000, Read("""{"action":"turnOff"}""", LightVMJson.Default.GuestActionRequest).TimeoutMs);

    [Fact]
    public void Of_a_wait() =>
        Assert.Equal(30_000, Read("""{"ids":[],"for":"firstEvent"}""", LightVMJson.Default.WaitRequest).TimeoutMs);

    [Fact]
    public void Of_an_image() =>
        Assert.Equal("", Read("""{"name":"a","kind":"unikernel","kernel":{"file":"k","digest":"sha256:0"}}""", LightVMJson.Default.ImageManifest).CommandLine);

    [Fact]
    public void Of_answers()
    {
        Guest guest = Read($$"""{"name":"a","image":"b","id":"{{Guid.NewGuid()}}"}""", LightVMJson.Default.Guest);
        Assert.Equal("", guest.CommandLine);
        Assert.Empty(guest.Labels);
        Assert.Null(guest.StartupTime);
        Assert.Equal("", Read("""{"code":"X"}""", LightVMJson.Default.Problem).Detail);
    }

    private static T Read<T>(string json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(json, type)!;
}
