namespace LightVM.Tinyx;

/// <summary>All that a guest finds at its boot.</summary>
/// <param name="Root">Its files.</param>
/// <param name="Packages">Whose files are among them, sorted, as far as that is known.</param>
/// <param name="Warnings">What is doubtful, in sentences.</param>
internal sealed record RootFileSystem(RootTree Root, IReadOnlyList<ImagePackage> Packages, IReadOnlyList<string> Warnings);
