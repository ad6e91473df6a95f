namespace LightVM.Reconcile;

/// <summary>Where a guest is to be.</summary>
/// <param name="HostName">Null: nowhere.</param>
/// <param name="Problem">Why nowhere; else null.</param>
internal sealed record Placed(string? HostName, Problem? Problem);
