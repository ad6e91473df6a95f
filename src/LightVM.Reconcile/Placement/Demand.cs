namespace LightVM.Reconcile;

/// <summary>A guest that is to have a host.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Entry">Name of its entry in the spec.</param>
/// <param name="Image">Name of its image.</param>
/// <param name="Memory">Bytes.</param>
/// <param name="Labels">Its own, as they are for it.</param>
/// <param name="Placement">What its entry says.</param>
/// <param name="Known">Hosts that have it, or had it when they were last heard of, in the order of the spec.</param>
internal sealed record Demand(
    string Name, string Entry, string Image, long Memory, IReadOnlyDictionary<string, string> Labels, PlacementSpec Placement, IReadOnlyList<string> Known);
