using System.Collections.Concurrent;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// Console log files made ahead, off the way of a creation, which then only renames one. They are made on a pool thread when
/// one is taken; without any, one is made on the spot.
/// </summary>
internal sealed class SpareLogs : IDisposable
{
    private const int Stock = 16;
    private readonly ConcurrentQueue<(string Path, SafeFileHandle File)> _ready = new();
    private readonly string _directory;
    private readonly Action<LogSeverity, string> _log;
    private long _number;
    private int _filling;
    private volatile bool _closed;

    public SpareLogs(string directory, Action<LogSeverity, string> log)
    {
        _directory = directory;
        _log = log;
    }

    /// <summary>A file of the right size, under its new name.</summary>
    public SafeFileHandle Take(string path)
    {
        if (!_ready.TryDequeue(out (string Path, SafeFileHandle File) spare))
        {
            Fill();
            return LogFile.Create(path, ConsoleLogLayout.FileSize);
        }

        try
        {
            LogFile.Rename(spare.Path, path);
        }
        catch
        {
            spare.File.Dispose();
            throw;
        }

        Fill();
        return spare.File;
    }

    /// <summary>Sees to it that there are some, soon.</summary>
    public void Fill()
    {
        if (_ready.Count < Stock / 2 && Interlocked.Exchange(ref _filling, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static spares => spares.MakeAll(), this, preferLocal: false);
        }
    }

    public void Dispose()
    {
        _closed = true;
        while (_ready.TryDequeue(out (string Path, SafeFileHandle File) spare))
        {
            spare.File.Dispose();
        }
    }

    private void MakeAll()
    {
        try
        {
            while (_ready.Count < Stock && !_closed)
            {
                string path = Path.Combine(_directory, $"spare-{Environment.ProcessId}-{Interlocked.Increment(ref _number)}.log");
                SafeFileHandle file = LogFile.Create(path, ConsoleLogLayout.FileSize);
                LogFile.Write(file, new byte[8], 0); // its first page is there then, too
                _ready.Enqueue((path, file));
            }
        }
        catch (IOException e)
        {
            _log(LogSeverity.Warning, $"Console logs cannot be made ahead: {e.Message}");
        }
        finally
        {
            Volatile.Write(ref _filling, 0);
        }
    }
}
