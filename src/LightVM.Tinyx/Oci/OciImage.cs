using System.Text.Json;
using System.Text.RegularExpressions;

namespace LightVM.Tinyx;

/// <summary>One image of an OCI image layout, as skopeo and umoci write it: its layers, and how it is to be run. All of it is anybody's, so it is bounded and checked.</summary>
/// <param name="Layers">Files and media types, the lowest first.</param>
/// <param name="Arguments">Entrypoint and command.</param>
/// <param name="Environment">NAME=VALUE.</param>
/// <param name="User">As it stands in the image: names or numbers, with or without a group; may be empty.</param>
/// <param name="WorkingDirectory">Absolute.</param>
/// <param name="Ports">TCP ports that it exposes.</param>
internal sealed partial record OciImage(
    IReadOnlyList<(string File, string MediaType)> Layers,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<string> Environment,
    string User,
    string WorkingDirectory,
    IReadOnlyList<int> Ports)
{
    private const long LargestDocument = 4 << 20;
    private const int DeepestIndex = 4;

    /// <exception cref="LightVMException">ImageNotFound, ImageInvalid.</exception>
    public static OciImage Read(string layout)
    {
        if (!File.Exists(Path.Combine(layout, "oci-layout")))
        {
            throw new LightVMException(ErrorCodes.ImageNotFound, $"{layout} is no OCI image layout: it has no file oci-layout.", layout, "Make one: skopeo copy docker://IMAGE oci:DIRECTORY:latest");
        }

        try
        {
            JsonElement manifest = Manifest(layout, Document(layout, Path.Combine(layout, "index.json")), 0);
            var layers = new List<(string, string)>();
            foreach (JsonElement layer in manifest.GetProperty("layers").EnumerateArray())
            {
                layers.Add((Blob(layout, layer), Text(layer, "mediaType")));
            }

            JsonElement config = Document(layout, Blob(layout, manifest.GetProperty("config")));
            JsonElement run = config.TryGetProperty("config", out JsonElement inner) && inner.ValueKind == JsonValueKind.Object ? inner : JsonDocument.Parse("{}").RootElement;
            string directory = Text(run, "WorkingDir");
            return new OciImage(
                layers,
                [.. Texts(run, "Entrypoint"), .. Texts(run, "Cmd")],
                [.. Texts(run, "Env")],
                Text(run, "User"),
                directory.StartsWith('/') ? directory : "/",
                [.. PortsOf(run)]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Invalid(layout, $"its documents are not those of an image ({e.Message.TrimEnd('.')})", e);
        }
    }

    internal static LightVMException Invalid(string target, string fault, Exception? inner = null) =>
        new(ErrorCodes.ImageInvalid, $"The OCI image {target} cannot be read: {fault}.", target, "Copy it again: skopeo copy docker://IMAGE oci:DIRECTORY:latest", inner);

    /// <summary>The manifest for Linux on x86-64; an index may lead to others.</summary>
    private static JsonElement Manifest(string layout, JsonElement document, int depth)
    {
        if (!document.TryGetProperty("manifests", out JsonElement manifests))
        {
            return document;
        }

        foreach (JsonElement one in depth < DeepestIndex ? [.. manifests.EnumerateArray()] : Array.Empty<JsonElement>())
        {
            bool fits = !one.TryGetProperty("platform", out JsonElement platform) || (Text(platform, "os") is "linux" && Text(platform, "architecture") is "amd64");
            if (fits)
            {
                return Manifest(layout, Document(layout, Blob(layout, one)), depth + 1);
            }
        }

        throw Invalid(layout, "it has no image for linux on amd64");
    }

    private static string Blob(string layout, JsonElement descriptor)
    {
        string digest = Text(descriptor, "digest");
        if (!DigestPattern().IsMatch(digest))
        {
            throw Invalid(layout, $"'{digest}' is no digest that is understood");
        }

        string file = Path.Combine(layout, "blobs", "sha256", digest["sha256:".Length..]);
        return File.Exists(file) ? file : throw Invalid(layout, $"its blob {digest} is not there");
    }

    private static JsonElement Document(string layout, string file)
    {
        if (!File.Exists(file) || new FileInfo(file).Length > LargestDocument)
        {
            throw Invalid(layout, $"{Path.GetFileName(file)} is not there, or too large");
        }

        return JsonDocument.Parse(File.ReadAllBytes(file)).RootElement;
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static IEnumerable<string> Texts(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(v => v.GetString() ?? "") : [];

    private static IEnumerable<int> PortsOf(JsonElement run) =>
        run.TryGetProperty("ExposedPorts", out JsonElement ports) && ports.ValueKind == JsonValueKind.Object
            ? ports.EnumerateObject().Select(p => p.Name.Split('/')).Where(p => p.Length == 1 || p[1] == "tcp").Select(p => int.TryParse(p[0], out int port) ? port : 0).Where(p => p is > 0 and < 65536).Order()
            : [];

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}\z")]
    private static partial Regex DigestPattern();
}
