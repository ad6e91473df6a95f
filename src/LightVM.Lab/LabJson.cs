using System.Text.Json.Serialization;
using LightVM.Lab.Cache;

namespace LightVM.Lab;

/// <summary>What the lab keeps and prints as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LabState))]
[JsonSerializable(typeof(LabStatus))]
[JsonSerializable(typeof(LabImages))]
internal sealed partial class LabJson : JsonSerializerContext;
