namespace LightVM.Reconcile;

/// <summary>An entry of <c>dependsOn:</c>: the name of another entry of <c>guests:</c>.</summary>
public sealed record DependencySpec(string Name, SourceMark Mark, string Path);
