using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What a plan does with one resource. There is no other word: nothing is skipped without one of these and a reason.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<PlanAction>))]
public enum PlanAction
{
    /// <summary>It is as the spec says.</summary>
    NoChange,

    /// <summary>It is not there, and is made.</summary>
    Create,

    /// <summary>It is changed while it runs.</summary>
    Update,

    /// <summary>A guest is stopped if it runs, changed, and started.</summary>
    Restart,

    /// <summary>A guest gets another image: stopped, given the image, started. Its name and Id stay.</summary>
    Replace,

    /// <summary>The fleet owns it, and the spec no longer names it.</summary>
    Delete,

    /// <summary>It is not as the spec says, and reconcile may not or cannot change that; the reason says why.</summary>
    Blocked,
}
