namespace LightVM.Reconcile;

/// <summary>What a run tells while it works.</summary>
/// <param name="Phase">Where it is.</param>
/// <param name="Message">One line for people.</param>
/// <param name="Done">Steps that have their result.</param>
/// <param name="Total">Steps that will have one.</param>
/// <param name="Result">The result that has just come, or null.</param>
public sealed record ReconcileEvent(ReconcilePhase Phase, string Message, int Done, int Total, ReconcileResult? Result = null);
