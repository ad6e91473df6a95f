using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>How a device of a guest is.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<DeviceState>))]
public enum DeviceState
{
    /// <summary>The guest does not run.</summary>
    Detached,

    /// <summary>Offered; the guest's driver has not connected yet.</summary>
    Waiting,

    Connected,

    Closing,

    /// <summary>The guest's driver has closed it, or broke the protocol and was disconnected.</summary>
    Closed,
}
