using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>What a wait waits for.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<WaitFor>))]
public enum WaitFor
{
    Running,
    Stopped,
    FirstEvent,

    /// <summary>A console line that matches <see cref="WaitRequest.Console"/>.</summary>
    Console,
}
