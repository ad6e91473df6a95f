namespace LightVM.Reconcile;

/// <summary>An entry of a guest's <c>publish:</c>.</summary>
/// <param name="Port">What is published.</param>
/// <param name="Mark">Where the entry is.</param>
/// <param name="Path">Its place in the document: <c>guests[0].publish[1]</c>.</param>
public sealed record PublishSpec(PublishedPort Port, SourceMark Mark, string Path);
