namespace LightVM.Native;

/// <summary>An element of a set or a map: the bytes as nf_tables compares them, each part of a concatenation padded to 4.</summary>
/// <param name="Data">Of a map; empty for a set.</param>
public sealed record NftElement(string Set, byte[] Key, byte[] Data);
