namespace LightVM.Reconcile;

/// <summary>One key of a spec, as docs/spec.md shows it; a test keeps both the same.</summary>
/// <param name="Name">The key.</param>
/// <param name="Type">What its value is.</param>
/// <param name="Default">What holds without it; null: it is required.</param>
/// <param name="Change">What a change of it does to a guest that runs; null where that is no question.</param>
public sealed record SpecKey(string Name, string Type, string? Default, string? Change = null)
{
    public bool Required => Default is null;
}
