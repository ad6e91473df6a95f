namespace LightVM.Toolstack;

/// <summary>How a start came out: its first event, or what came instead.</summary>
/// <param name="FirstEventTimestamp">Stopwatch ticks; 0: there was none.</param>
/// <param name="Failure">Null with a first event.</param>
internal readonly record struct StartOutcome(long FirstEventTimestamp, LightVMException? Failure);
