namespace LightVM.Tinyx;

/// <summary>What became of options that were tried together.</summary>
/// <param name="Options">Their names: CONFIG_X.</param>
/// <param name="Failure">What an image without them does not; null: nothing, so they are off.</param>
/// <param name="KernelBytes">By so much the kernel's file is smaller now.</param>
/// <param name="MemoryBytes">By so much its image in memory is smaller.</param>
public sealed record OptionVerdict(IReadOnlyList<string> Options, string? Failure, long KernelBytes, long MemoryBytes);
