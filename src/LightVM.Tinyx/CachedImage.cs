namespace LightVM.Tinyx;

/// <summary>An image that the build cache keeps.</summary>
/// <param name="Directory">Absolute; it holds image.json. It is the cache's: not to be changed.</param>
/// <param name="Warnings">What is doubtful, in sentences; of one that was there already, nothing.</param>
public sealed record CachedImage(string Directory, IReadOnlyList<string> Warnings);
