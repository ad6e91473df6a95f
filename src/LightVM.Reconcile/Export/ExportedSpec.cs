namespace LightVM.Reconcile;

/// <summary>A host's part of a fleet, as a spec.</summary>
/// <param name="Text">YAML.</param>
/// <param name="Warnings">Where the text does not say all: what a plan of it would change all the same.</param>
public sealed record ExportedSpec(string Text, IReadOnlyList<string> Warnings);
