namespace LightVM.Reconcile;

/// <summary>A secret, or why there is none.</summary>
/// <param name="Value">Its text; null: there is none.</param>
/// <param name="Why">As the rest of a sentence about it; null where there is a value.</param>
public readonly record struct SecretValue(string? Value, string? Why);
