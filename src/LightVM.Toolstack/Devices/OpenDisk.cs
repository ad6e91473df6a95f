using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>A disk that is opened and locked, to be passed to lightvm-io. Closed here when it is sent: the lock goes on with the copy.</summary>
internal sealed class OpenDisk : IDisposable
{
    public required DiskRecord Record { get; init; }

    public required SafeFileHandle File { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Bytes.</summary>
    public required int SectorSize { get; init; }

    public void Dispose() => File.Dispose();
}
