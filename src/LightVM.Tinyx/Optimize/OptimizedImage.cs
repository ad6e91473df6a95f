namespace LightVM.Tinyx;

/// <summary>An image whose kernel was made smaller.</summary>
/// <param name="Directory">Absolute; it holds image.json.</param>
/// <param name="Manifest">What image.json says now.</param>
/// <param name="Verdicts">What was tried, in order.</param>
/// <param name="KernelBytes">By so much the kernel's file is smaller, altogether.</param>
/// <param name="MemoryBytes">By so much its image in memory is smaller.</param>
public sealed record OptimizedImage(string Directory, ImageManifest Manifest, IReadOnlyList<OptionVerdict> Verdicts, long KernelBytes, long MemoryBytes);
