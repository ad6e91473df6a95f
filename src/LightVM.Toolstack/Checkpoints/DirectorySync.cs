using System.Runtime.InteropServices;
using System.Text;

namespace LightVM.Toolstack;

/// <summary>Has the names in a directory outlive a crash of the host: .NET opens no directories.</summary>
internal static unsafe partial class DirectorySync
{
    private const int Directory = 0x10000 | 0x80000; // O_DIRECTORY, O_CLOEXEC

    /// <exception cref="IOException">It cannot be synced.</exception>
    public static void Run(string path)
    {
        int descriptor;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            descriptor = open(name, Directory);
        }

        if (descriptor < 0)
        {
            throw new IOException($"'{path}' cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        int result = fsync(descriptor);
        string message = result == 0 ? "" : Marshal.GetLastPInvokeErrorMessage();
        _ = close(descriptor);
        if (result != 0)
        {
            throw new IOException($"'{path}' cannot be synced: {message}");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}
