using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What a step of a plan is about.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ResourceKind>))]
public enum ResourceKind
{
    Image,
    Network,
    Guest,
    Pool,

    /// <summary>A host of the fleet as a whole: only where it cannot be reached.</summary>
    Host,
}
