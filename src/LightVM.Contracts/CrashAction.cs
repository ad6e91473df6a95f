using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What becomes of the domain of a guest that crashed, before its restart policy is applied.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<CrashAction>))]
public enum CrashAction
{
    /// <summary>Its memory is freed.</summary>
    Destroy,

    /// <summary>It is destroyed and started again at once, whatever the restart policy says.</summary>
    Restart,

    /// <summary>It is kept for inspection until it is stopped or removed; it is not restarted.</summary>
    Preserve,

    /// <summary>Its memory is written to a core file on the host, then it is destroyed.</summary>
    Dump,
}
