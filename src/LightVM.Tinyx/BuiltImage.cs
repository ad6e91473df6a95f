namespace LightVM.Tinyx;

/// <summary>An image directory that was made.</summary>
/// <param name="Directory">Absolute; it holds image.json.</param>
/// <param name="Manifest">What image.json says.</param>
/// <param name="RootSize">Bytes of the root file system's files, unpacked.</param>
/// <param name="Warnings">What is doubtful, in sentences.</param>
public sealed record BuiltImage(string Directory, ImageManifest Manifest, long RootSize, IReadOnlyList<string> Warnings);
