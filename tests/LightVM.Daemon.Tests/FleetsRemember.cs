using System.Net;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>A fleet's inventory, its revision and who applied it.</summary>
public sealed class FleetsRemember
{
    [Fact]
    public async Task Over_restarts_with_a_revision_for_each_change()
    {
        string directory = Directory.CreateTempSubdirectory("lvmd-").FullName;
        try
        {
            string id = Guid.NewGuid().ToString();
            string body = $$$"""{"name":"web","specDigest":"d1","specPath":"web.yaml","guests":["{{{id}}}"]}""";
            await using (TestDaemon daemon = await TestDaemon.StartAsync(directory: directory))
            {
                (HttpResponseMessage response, JsonNode? fleet) = await daemon.SendAsync("PUT", "/v1/fleets/web", body);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                Assert.Equal(1, (long)fleet!["revision"]!);
                Assert.StartsWith("uid:", (string)fleet["actor"]!, StringComparison.Ordinal);
                (response, fleet) = await daemon.SendAsync("PUT", "/v1/fleets/web", body);
                Assert.Equal("\"1\"", response.Headers.ETag!.Tag);
                (_, fleet) = await daemon.SendAsync("PUT", "/v1/fleets/web", body.Replace("\"d1\"", "\"d2\"", StringComparison.Ordinal), ("If-Match", "\"1\""));
                Assert.Equal(2, (long)fleet!["revision"]!);
                await daemon.FailAsync(ErrorCodes.RevisionConflict, 412, "PUT", "/v1/fleets/web", body, ("If-Match", "\"1\""));
                await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/fleets/other", body);
                await daemon.FailAsync(
                    ErrorCodes.InvalidArgument, 400, "PUT", "/v1/fleets/No_Label", body.Replace("\"web\"", "\"No_Label\"", StringComparison.Ordinal));
                await daemon.SendAsync("PUT", "/v1/fleets/gone", """{"name":"gone"}""");
                (response, _) = await daemon.SendAsync("DELETE", "/v1/fleets/gone");
                Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
            }

            await using TestDaemon next = await TestDaemon.StartAsync(directory: directory);
            (_, JsonNode? list) = await next.SendAsync("GET", "/v1/fleets");
            JsonNode web = Assert.Single(list!.AsArray())!;
            Assert.Equal(("web", 2L, id), ((string)web["name"]!, (long)web["revision"]!, (string)web["guests"]![0]!));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
