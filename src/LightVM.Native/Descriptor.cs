using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Native;

/// <summary>The position of an open file, which native code reads and writes at; .NET's own streams do not use it.</summary>
public static partial class Descriptor
{
    private const int SeekSet = 0;

    /// <exception cref="IOException">It has none.</exception>
    public static void Seek(SafeFileHandle file, long position)
    {
        if (lseek(file, position, SeekSet) != position)
        {
            throw new IOException($"A file cannot be positioned at {position}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle file, long offset, int whence);
}
