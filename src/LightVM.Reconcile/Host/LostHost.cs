namespace LightVM.Reconcile;

/// <summary>A host of a fleet that could not be looked at.</summary>
/// <param name="Name">As the spec calls it, or called it.</param>
/// <param name="Address">How it was tried to be reached.</param>
/// <param name="Problem">Why it could not.</param>
/// <param name="Guests">Names of the fleet's guests that it had when it was last heard of.</param>
/// <param name="Departed">Whether the spec no longer names it.</param>
public sealed record LostHost(string Name, string Address, Problem Problem, IReadOnlyList<string> Guests, bool Departed);
