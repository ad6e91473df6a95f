using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What became of one step of a plan.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ReconcileStatus>))]
public enum ReconcileStatus
{
    /// <summary>It is now as the spec says.</summary>
    Succeeded,

    /// <summary>Nothing had to be done.</summary>
    Unchanged,

    /// <summary>It was tried; the error says what happened. The next run tries again.</summary>
    Failed,

    /// <summary>It was not tried, because the plan says Blocked or because a step that it needs has failed; the reason says which.</summary>
    Blocked,

    /// <summary>It had succeeded, and was taken back because the rolling update that it was part of stopped.</summary>
    Reverted,
}
