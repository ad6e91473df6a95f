using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What a change of one property costs the guest. Ordered: the costliest change of a guest decides its action.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ChangeEffect>))]
public enum ChangeEffect
{
    /// <summary>Nothing: it is changed while it runs.</summary>
    Live,

    /// <summary>A stop and a start.</summary>
    Restart,

    /// <summary>A stop, and a start from another image.</summary>
    Replace,
}
