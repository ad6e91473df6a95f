using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What becomes of a fleet's guest when the fleet's spec no longer names it, or its host.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<DeletionPolicy>))]
public enum DeletionPolicy
{
    /// <summary>It is stopped and removed.</summary>
    Delete,

    /// <summary>It stays as it is, and is of no fleet.</summary>
    Keep,

    /// <summary>It is saved with its memory, and is of no fleet.</summary>
    Save,
}
