namespace LightVM.Lab.Cache;

/// <summary>One version of a package.</summary>
internal sealed record AptPackage(string Name, string Version);
