using System.Text.Encodings.Web;
using System.Text.Json;

namespace LightVM.Daemon.Http;

/// <summary>
/// How answers are written: as <see cref="LightVMJson"/>, but with only those characters escaped that JSON wants
/// escaped.
/// </summary>
internal static class WireJson
{
    public static readonly LightVMJson Default = new(new JsonSerializerOptions(LightVMJson.Default.Options)
    {
        // Nothing here ever stands in a page of HTML, and people read it with curl.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
