using System.Text.Json;
using System.Text.Json.Serialization;

namespace LightVM.Toolstack;

/// <summary>How the toolstack's own records are written to disk: as on the wire, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GuestRecord))]
[JsonSerializable(typeof(NetworkRecord))]
[JsonSerializable(typeof(PoolRecord))]
[JsonSerializable(typeof(StoredImage))]
public sealed partial class ToolstackJson : JsonSerializerContext;
