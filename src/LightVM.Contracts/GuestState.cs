using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>The life of a guest.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<GuestState>))]
public enum GuestState
{
    /// <summary>Defined; no domain exists.</summary>
    Stopped,

    /// <summary>Its domain is being built, or has not yet given its first event.</summary>
    Starting,

    /// <summary>Running, or idle and ready to run.</summary>
    Running,

    /// <summary>Its vCPUs are held; memory is kept.</summary>
    Paused,

    /// <summary>Its memory lies in a checkpoint; no domain exists.</summary>
    Saved,

    /// <summary>It ended by a crash. With <see cref="CrashAction.Preserve"/> its domain still exists.</summary>
    Crashed,

    /// <summary>Came from another host and does not run here before that has given it up: see <see cref="Guest.Move"/>.</summary>
    Incoming,

    /// <summary>Given up to another host, which has not said yet that it runs there: see <see cref="Guest.Move"/>.</summary>
    InDoubt,
}
