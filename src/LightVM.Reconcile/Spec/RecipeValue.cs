namespace LightVM.Reconcile;

/// <summary>A value of a recipe.</summary>
/// <param name="Key">The recipe's key: <c>packages</c>.</param>
/// <param name="Text">As the builder gets it: paths are absolute.</param>
/// <param name="Place">Its place in the document: <c>packages[0]</c>.</param>
/// <param name="Mark">Where it stands.</param>
internal sealed record RecipeValue(string Key, string Text, string Place, SourceMark Mark);
