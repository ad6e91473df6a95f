using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>
/// How far a save or restore has come, and the way to cancel it. Lies in memory of its own, which the native call writes
/// while other threads read. Dispose it only when the call has returned.
/// </summary>
public sealed unsafe class SaveProgress : IDisposable
{
    private Counters* _counters = (Counters*)NativeMemory.AllocZeroed((nuint)sizeof(Counters));

    ~SaveProgress() => Free();

    /// <summary>Bytes of guest memory that are to be moved, as far as known now: a live save raises it.</summary>
    public long TotalBytes => (long)Volatile.Read(ref Live->TotalBytes);

    public long DoneBytes => (long)Volatile.Read(ref Live->DoneBytes);

    /// <summary>Of a live save, from 1.</summary>
    public int Round => (int)Volatile.Read(ref Live->Round);

    internal Counters* Pointer => Live;

    private Counters* Live => _counters != null ? _counters : throw new ObjectDisposedException(nameof(SaveProgress));

    /// <summary>Makes the call fail with ECANCELED soon.</summary>
    public void Cancel() => Volatile.Write(ref Live->Cancel, 1);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(_counters);
        _counters = null;
    }

    /// <summary>struct lightvm_progress.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Counters
    {
        public ulong TotalBytes;
        public ulong DoneBytes;
        public uint Round;
        public uint Cancel;
    }
}
