namespace LightVM.Reconcile;

/// <summary>A host that guests can be placed on, as placement sees it.</summary>
/// <param name="Name">Its name in the spec.</param>
/// <param name="Labels">Those of the spec.</param>
/// <param name="IsReachable">Whether it can be asked; one that cannot keeps the guests that are known to be there, and gets no others.</param>
/// <param name="Memory">Bytes that further guests can have.</param>
/// <param name="Taken">Names that guests of others have there.</param>
/// <param name="Lacks">Names of images that neither the spec brings nor the host has.</param>
internal sealed record Candidate(
    string Name, IReadOnlyDictionary<string, string> Labels, bool IsReachable, long Memory, IReadOnlySet<string> Taken, IReadOnlySet<string> Lacks);
