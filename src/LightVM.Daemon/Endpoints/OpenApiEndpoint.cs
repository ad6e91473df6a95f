using LightVM.Daemon.Http;

namespace LightVM.Daemon.Endpoints;

/// <summary>/openapi/v1.json: the document that a test builds from the routes, kept in the program as it is.</summary>
internal static class OpenApiEndpoint
{
    public const string ResourceName = "openapi.json";

    private static byte[]? _document;

    public static void Map(Routes routes) =>
        routes.Map("GET", "/openapi/v1.json", GetAsync, new(
            "getOpenApi", "This description.") { Responses = [(200, null)] });

    private static Task<Reply> GetAsync(Call call) => Task.FromResult(new Reply(200, _document ??= Read(), Reply.JsonType));

    private static byte[] Read()
    {
        using Stream stream = typeof(OpenApiEndpoint).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException("lightvmd was built without its OpenAPI document.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
