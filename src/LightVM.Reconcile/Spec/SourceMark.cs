namespace LightVM.Reconcile;

/// <summary>A place in a spec file.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-16 code units.</param>
public readonly record struct SourceMark(int Line, int Column);
