namespace LightVM.PowerShell;

/// <summary>A spec file that a cmdlet was given.</summary>
/// <param name="FullPath">Absolute.</param>
/// <param name="Shown">As the user gave it, which is how findings name it.</param>
internal sealed record SpecFile(string FullPath, string Shown);
