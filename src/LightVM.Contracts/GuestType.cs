using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>How Xen runs a guest.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<GuestType>))]
public enum GuestType
{
    /// <summary>Paravirtual; unikernels are.</summary>
    Pv,

    /// <summary>Hardware-assisted, without emulated devices: for stock kernels.</summary>
    Pvh,
}
