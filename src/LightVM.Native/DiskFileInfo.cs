namespace LightVM.Native;

/// <summary>What lies at a path.</summary>
/// <param name="Size">Bytes; of a block device 0.</param>
/// <param name="Identity">The same for two names of one file or device.</param>
public readonly record struct DiskFileInfo(bool IsRegular, bool IsBlockDevice, long Size, (ulong Device, ulong Inode) Identity);
