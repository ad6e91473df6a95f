using System.Text.Json;
using System.Text.Json.Serialization;

namespace LightVM.Toolstack;

/// <summary>How the header of a checkpoint is written. It may come from anywhere, so null is not taken where none belongs.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.Strict,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CheckpointHeader))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
