using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LightVM.Daemon.Tests;

/// <summary>
/// The served OpenAPI document is the one that the routes make, and describes every route of docs/api.md. It is a file of the daemon's
/// project: after a change of the routes run this test with LIGHTVM_UPDATE=1, which writes it.
/// </summary>
public sealed class OpenApiDocument : IAsyncLifetime
{
    private TestDaemon _daemon = null!;

    public async Task InitializeAsync() => _daemon = await TestDaemon.StartAsync();

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    [Fact]
    public async Task Is_what_the_routes_make()
    {
        string made = OpenApiBuilder.Build(_daemon.Endpoints);
        if (Environment.GetEnvironmentVariable("LIGHTVM_UPDATE") == "1")
        {
            await File.WriteAllTextAsync(Path.Combine(Checkout.Root, "src/LightVM.Daemon/openapi.json"), made);
        }

        string kept = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "src/LightVM.Daemon/openapi.json"));
        Assert.True(made == kept, "src/LightVM.Daemon/openapi.json is not what the routes make: run this test with LIGHTVM_UPDATE=1.");
    }

    [Fact]
    public async Task Is_served_and_describes_each_route_of_the_documentation()
    {
        (_, JsonNode? document) = await _daemon.SendAsync("GET", "/openapi/v1.json");
        Assert.StartsWith("3.1", (string)document!["openapi"]!, StringComparison.Ordinal);
        var described = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(o => $"{o.Key.ToUpperInvariant()} {Anonymous(path.Key)}"))
            .ToHashSet();
        string[] documented = [.. DocumentedRoutes()];
        Assert.True(documented.Length > 20, "docs/api.md is not understood by this test any more.");
        Assert.Empty(documented.Except(described));
        Assert.Empty(described.Except(documented));
    }

    [Fact]
    public async Task Refers_only_to_what_it_defines()
    {
        (_, JsonNode? document) = await _daemon.SendAsync("GET", "/openapi/v1.json");
        foreach (Match reference in Regex.Matches(document!.ToJsonString(), "\"\\$ref\":\"#([^\"]+)\""))
        {
            JsonNode? at = document;
            foreach (string part in reference.Groups[1].Value.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                at = at?[part];
            }

            Assert.True(at is not null, reference.Value);
        }
    }

    private static IEnumerable<string> DocumentedRoutes()
    {
        foreach (string line in File.ReadLines(Path.Combine(Checkout.Root, "docs/api.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal)))
        {
            string? last = null;
            foreach (Match match in Regex.Matches(line.Split('|')[1], "`(GET|HEAD|PUT|POST|PATCH|DELETE)( [^`?]+)?[^`]*`"))
            {
                last = match.Groups[2].Success ? match.Groups[2].Value.Trim() : last;
                yield return $"{match.Groups[1].Value} {Anonymous(last!)}";
            }
        }
    }

    private static string Anonymous(string path) => Regex.Replace(path, @"\{[^}]+\}", "{}");
}
