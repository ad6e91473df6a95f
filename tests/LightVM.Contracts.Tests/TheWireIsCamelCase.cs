using System.Text.Json;
using Xunit;

namespace LightVM.Tests;

public sealed class TheWireIsCamelCase
{
    [Fact]
    public void Names_enums_and_spans()
    {
        var guest = new Guest
        {
            Name = "a",
            Id = Guid.Empty,
            Image = "hello",
            State = GuestState.Running,
            RestartPolicy = RestartPolicy.OnFailure,
            Uptime = TimeSpan.FromSeconds(1.5),
            StartupTime = TimeSpan.FromMilliseconds(6.4),
        };
        string json = JsonSerializer.Serialize(guest, LightVMJson.Default.Guest);
        Assert.Contains("\"state\":\"running\"", json, StringComparison.Ordinal);
        Assert.Contains("\"restartPolicy\":\"onFailure\"", json, StringComparison.Ordinal);
        Assert.Contains("\"uptimeMs\":1500", json, StringComparison.Ordinal);
        Assert.Contains("\"startupMs\":6.4", json, StringComparison.Ordinal);
        Assert.Contains("\"vcpuCount\":1", json, StringComparison.Ordinal);
        Assert.DoesNotContain("address", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_are_no_enums() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("""{"ids":[],"for":1}""", LightVMJson.Default.WaitRequest));
}
