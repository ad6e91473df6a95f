using System.IO.MemoryMappedFiles;

namespace LightVM.Toolstack;

/// <summary>A blob's bytes, mapped for as long as the process lives: a build takes them by address, nothing is read or copied.</summary>
internal sealed unsafe class MappedBlob : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public MappedBlob(string path)
    {
        Size = new FileInfo(path).Length;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        Start = start;
    }

    public byte* Start { get; }

    /// <summary>Bytes.</summary>
    public long Size { get; }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
