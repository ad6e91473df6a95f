namespace LightVM.Lab;

/// <summary>Whether a lab is up.</summary>
/// <param name="IsUp">True if dom0 answered over ssh just now.</param>
/// <param name="State">The lab; null if there is none.</param>
/// <param name="Detail">One line for a person.</param>
public sealed record LabStatus(bool IsUp, LabState? State, string Detail);
