using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LightVM.Daemon.Tests;

/// <summary>The revisions that a daemon keeps of a fleet.</summary>
public sealed class FleetsHaveAHistory : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lvmd-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Over_restarts_newest_first_and_each_with_its_spec()
    {
        await using (TestDaemon daemon = await TestDaemon.StartAsync(directory: _directory))
        {
            await daemon.SendAsync("PUT", "/v1/fleets/web", Body("d1", succeeded: 3));
            await daemon.SendAsync("PUT", "/v1/fleets/web", Body("d2", succeeded: 1, failed: 1));
            await Check(daemon);
        }

        await using TestDaemon next = await TestDaemon.StartAsync(directory: _directory);
        await Check(next);
        await next.FailAsync(ErrorCodes.RevisionNotFound, 404, "GET", "/v1/fleets/web/revisions/3");
        await next.FailAsync(ErrorCodes.InvalidArgument, 400, "GET", "/v1/fleets/web/revisions/first");
        await next.FailAsync(ErrorCodes.FleetNotFound, 404, "GET", "/v1/fleets/other/revisions");
        await next.FailAsync(ErrorCodes.FleetNotFound, 404, "GET", "/v1/fleets/other/revisions/1");

        static async Task Check(TestDaemon daemon)
        {
            (_, JsonNode? list) = await daemon.SendAsync("GET", "/v1/fleets/web/revisions");
            Assert.Equal([2L, 1L], list!.AsArray().Select(revision => (long)revision!["revision"]!));
            Assert.All(list.AsArray(), revision => Assert.Null(revision!["spec"]));
            (_, JsonNode? one) = await daemon.SendAsync("GET", "/v1/fleets/web/revisions/1");
            FleetRevision first = one.Deserialize(LightVMJson.Default.FleetRevision)!;
            Assert.Equal(("web", 1L, "d1", 3, 12.5), (first.Fleet, first.Revision, first.SpecDigest, first.Succeeded, first.Duration.TotalMilliseconds));
            Assert.StartsWith("uid:", first.Actor, StringComparison.Ordinal);
            Assert.Equal("text of d1", first.Spec!.Text);
            Assert.Equal([1, 2, 3], first.Spec.Files["/srv/page"]);
            Assert.Equal("sha256:1", first.Images["hello"]);
        }
    }

    [Fact]
    public async Task A_run_that_did_nothing_and_met_the_same_is_no_other_revision()
    {
        await using TestDaemon daemon = await TestDaemon.StartAsync(directory: _directory);
        await daemon.SendAsync("PUT", "/v1/fleets/web", Body("d1", failed: 1));
        await daemon.SendAsync("PUT", "/v1/fleets/web", Body("d1", failed: 1));
        Assert.Equal("1", string.Join(", ", await NumbersAsync(daemon)));
        await daemon.SendAsync("PUT", "/v1/fleets/web", Body("d1", failed: 2));
        await daemon.SendAsync("PUT", "/v1/fleets/web", Body("d1", failed: 2, succeeded: 1));
        await daemon.SendAsync("PUT", "/v1/fleets/web", Body("d1", failed: 2, succeeded: 1));
        Assert.Equal("4, 3, 2, 1", string.Join(", ", await NumbersAsync(daemon)));
    }

    [Fact]
    public async Task So_many_are_kept_and_of_repairs_the_old_ones_go_first()
    {
        await using (TestDaemon daemon = await TestDaemon.StartAsync(directory: _directory))
        {
            await daemon.SendAsync("PUT", "/v1/fleets/web", Body("d1", succeeded: 1));
            for (int i = 0; i < 50; i++)
            {
                await daemon.SendAsync("PUT", "/v1/fleets/web", Body("d2", succeeded: 1));
            }

            long[] kept = await NumbersAsync(daemon);
            Assert.Equal(FleetRevision.MaxKept, kept.Length);
            Assert.Equal((51L, 1L), (kept[0], kept[^1]));
            for (int i = 0; i < FleetRevision.MaxKept; i++)
            {
                await daemon.SendAsync("PUT", "/v1/fleets/web", Body(string.Create(CultureInfo.InvariantCulture, $"e{i}"), succeeded: 1));
            }

            Assert.Equal(Enumerable.Range(52, FleetRevision.MaxKept).Select(number => (long)number).Reverse(), await NumbersAsync(daemon));
        }

        await using TestDaemon next = await TestDaemon.StartAsync(directory: _directory);
        Assert.Equal(FleetRevision.MaxKept, (await NumbersAsync(next)).Length);
        await next.FailAsync(ErrorCodes.RevisionNotFound, 404, "GET", "/v1/fleets/web/revisions/1");
        await next.SendAsync("DELETE", "/v1/fleets/web");
        await next.SendAsync("PUT", "/v1/fleets/web", Body("d9", succeeded: 1));
        Assert.Equal("1", string.Join(", ", await NumbersAsync(next)));
    }

    [Fact]
    public async Task A_fleet_on_several_hosts_counts_as_its_run_says()
    {
        await using TestDaemon daemon = await TestDaemon.StartAsync(directory: _directory);
        await daemon.SendAsync("PUT", "/v1/fleets/web", Body("d1", succeeded: 1, revision: 7));
        await daemon.SendAsync("PUT", "/v1/fleets/web", Body("d2", succeeded: 1, revision: 3));
        Assert.Equal("8, 7", string.Join(", ", await NumbersAsync(daemon)));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await using TestDaemon daemon = await TestDaemon.StartAsync(directory: _directory);
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/fleets/web", Body("d1", succeeded: -1));
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/fleets/web", Body(new string('d', 5000)));
        await daemon.FailAsync(ErrorCodes.InvalidArgument, 400, "PUT", "/v1/fleets/web", """{"name":"web","run":{"spec":{"text":null}}}""");
    }

    private static string Body(string digest, int succeeded = 0, int failed = 0, long revision = 0) => JsonSerializer.Serialize(
        new Fleet
        {
            Name = "web",
            SpecDigest = digest,
            SpecPath = "web.yaml",
            Revision = revision,
            Run = new FleetRevision
            {
                Duration = TimeSpan.FromMilliseconds(12.5), SpecDigest = digest, SpecPath = "web.yaml", Succeeded = succeeded, Failed = failed,
                Images = new Dictionary<string, string> { ["hello"] = "sha256:1" },
                Spec = new RevisionSpec { Text = "text of " + digest, Files = new Dictionary<string, byte[]> { ["/srv/page"] = [1, 2, 3] } },
            },
        },
        LightVMJson.Default.Fleet);

    private static async Task<long[]> NumbersAsync(TestDaemon daemon)
    {
        (_, JsonNode? list) = await daemon.SendAsync("GET", "/v1/fleets/web/revisions");
        return [.. list!.AsArray().Select(revision => (long)revision!["revision"]!)];
    }
}
