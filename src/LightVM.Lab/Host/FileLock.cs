using System.Diagnostics;

namespace LightVM.Lab.Host;

/// <summary>A lock between processes, held while this object lives and released by the kernel when its holder dies.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Waits for the lock. Throws a <see cref="LabException"/> when the limit has passed.</summary>
    /// <param name="path">The lock's file; it is created, and stays.</param>
    /// <param name="limit">How long to wait.</param>
    /// <param name="waiting">Called once if another process holds it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<FileLock> AcquireAsync(
        string path, TimeSpan limit, Action? waiting, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                // FileShare.None is flock(LOCK_EX | LOCK_NB) on Linux.
                return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException))
            {
                if (clock.Elapsed > limit)
                {
                    throw new LabException(
                        $"Another process has held the lock {path} for {limit.TotalSeconds:0} s. "
                        + $"See which: fuser -v '{path}'.", e);
                }
            }

            waiting?.Invoke();
            waiting = null;
            await Task.Delay(100, cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
