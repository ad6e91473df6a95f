namespace LightVM.Toolstack;

/// <summary>What probes say of a guest's present life. Immutable.</summary>
/// <param name="Message">What was met last while it is not ready; or null.</param>
internal sealed record HealthState(bool Ready, string? Message);
