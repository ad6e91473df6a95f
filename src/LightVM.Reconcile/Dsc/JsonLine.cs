using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LightVM.Reconcile.Dsc;

/// <summary>JSON in one line, with letters as they are.</summary>
public static class JsonLine
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = Relaxed with { Indented = true };

    public static string Of(JsonNode node) => Write(node, Relaxed);

    /// <summary>The same in many lines, for a file.</summary>
    public static string Pretty(JsonNode node) => Write(node, Indented) + "\n";

    private static string Write(JsonNode node, JsonWriterOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            node.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
