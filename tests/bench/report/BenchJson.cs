using System.Text.Json.Serialization;

namespace LightVM.BenchReport;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BenchPart))]
internal sealed partial class BenchJson : JsonSerializerContext;
