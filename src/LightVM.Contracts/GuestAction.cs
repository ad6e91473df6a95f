using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What POST /v1/guests/actions can do to guests.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<GuestAction>))]
public enum GuestAction
{
    /// <summary>Stopped or Crashed: build and start. Running already: nothing.</summary>
    Start,

    /// <summary>Ask it to power off and wait; after the time-out StopTimeout, or destroy it with <see cref="GuestActionRequest.Force"/>.</summary>
    Stop,

    /// <summary>Destroy the domain at once; the definition stays.</summary>
    TurnOff,

    /// <summary>Stop (as <see cref="Stop"/>), then start.</summary>
    Restart,

    Pause,

    Resume,

    /// <summary>Destroy it in any state and forget it.</summary>
    Remove,
}
