using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What a wait waits for.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<WaitFor>))]
public enum WaitFor
{
    Running,
    Stopped,
    FirstEvent,

    /// <summary>Each adapter that has an address is Connected, and the guest has answered ARP on it. InvalidState for a guest without an adapter.</summary>
    Network,

    /// <summary>Running, what <see cref="Network"/> says of its adapters, and its start and ready probes pass. Without a ready probe: and each published guest port (TCP) accepts connections from its host.</summary>
    Ready,

    /// <summary>A console line that matches <see cref="WaitRequest.Console"/>.</summary>
    Console,
}
