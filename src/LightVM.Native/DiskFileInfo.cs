namespace LightVM.Native;

/// <summary>What lies at a path.</summary>
/// <param name="Size">Bytes; of a block device 0.</param>
/// <param name="Identity">The same for two names of one file or device.</param>
/// <param name="Blocks">Of 512 bytes, that are allocated for it.</param>
/// <param name="Birth">When it was made, nanoseconds since 1970; 0: the file system does not know.</param>
/// <param name="WriteTime">When its contents were last written to, nanoseconds since 1970.</param>
public readonly record struct DiskFileInfo(bool IsRegular, bool IsBlockDevice, long Size, (ulong Device, ulong Inode) Identity, long Blocks, long Birth, long WriteTime = 0);
