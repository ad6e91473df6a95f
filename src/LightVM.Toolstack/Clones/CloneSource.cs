using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>Saved memory that clones are filled from, known to be whole. Disposed when the last one is.</summary>
internal sealed class CloneSource(string path, CheckpointHeader header, long memoryOffset, Action? done = null) : IDisposable
{
    private Action? _done = done;

    public CheckpointHeader Header { get; } = header;

    public long MemoryOffset { get; } = memoryOffset;

    /// <summary>Opened anew for each: whoever reads moves its position.</summary>
    public SafeFileHandle Open() => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    public void Dispose() => Interlocked.Exchange(ref _done, null)?.Invoke();
}
