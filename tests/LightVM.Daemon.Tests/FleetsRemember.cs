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

    [Fact]
    public async Task The_hosts_that_it_lives_on_and_saying_those_alone_is_no_revision()
    {
        string directory = Directory.CreateTempSubdirectory("lvmd-").FullName;
        try
        {
            const string hosts = """[{"name":"a","address":"ssh://a","guests":["web-1"]},{"name":"b","address":"ssh://b","guests":[]}]""";
            await using (TestDaemon daemon = await TestDaemon.StartAsync(directory: directory))
            {
                (_, JsonNode? fleet) = await daemon.SendAsync("PUT", "/v1/fleets/web", $$$"""{"name":"web","hosts":{{{hosts}}}}""");
                Assert.Equal(0, (long)fleet!["revision"]!);
                (_, fleet) = await daemon.SendAsync("PUT", "/v1/fleets/web", $$$"""{"name":"web","specDigest":"d1","revision":4,"hosts":{{{hosts}}},"run":{"succeeded":1}}""");
                Assert.Equal(4, (long)fleet!["revision"]!);
                (_, fleet) = await daemon.SendAsync("PUT", "/v1/fleets/web", $$$"""{"name":"web","specDigest":"d1","hosts":{{{hosts.Replace("web-1", "web-2", StringComparison.Ordinal)}}}}""");
                Assert.Equal(4, (long)fleet!["revision"]!);
                await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/fleets/web", """{"name":"web","hosts":[{"name":"No_Label"}]}""");
                await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/fleets/web", """{"name":"web","hosts":[{"name":"a","address":"two\u000alines"}]}""");
            }

            await using TestDaemon next = await TestDaemon.StartAsync(directory: directory);
            (_, JsonNode? now) = await next.SendAsync("GET", "/v1/fleets/web");
            Assert.Equal("web-2", (string)now!["hosts"]![0]!["guests"]![0]!);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
