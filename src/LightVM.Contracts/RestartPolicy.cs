using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>Whether a guest that ended by itself is started again. A guest stopped by request stays stopped.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<RestartPolicy>))]
public enum RestartPolicy
{
    /// <summary>It stays Stopped or Crashed.</summary>
    Never,

    /// <summary>After a crash, with a growing delay.</summary>
    OnFailure,

    /// <summary>After any end, and after a boot of the host.</summary>
    Always,
}
