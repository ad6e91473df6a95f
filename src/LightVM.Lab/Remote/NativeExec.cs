using System.Runtime.InteropServices;
using System.Text;

namespace LightVM.Lab.Remote;

/// <summary>Replaces this process by another program.</summary>
internal static partial class NativeExec
{
    /// <summary>execv(3). Returns only if it fails, with the reason.</summary>
    public static unsafe string Replace(string program, IEnumerable<byte[]> arguments)
    {
        byte[][] list = [Encoding.UTF8.GetBytes(program), .. arguments];
        var pointers = (byte**)NativeMemory.AllocZeroed((nuint)(list.Length + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < list.Length; i++)
        {
            pointers[i] = (byte*)NativeMemory.AllocZeroed((nuint)list[i].Length + 1);
            list[i].CopyTo(new Span<byte>(pointers[i], list[i].Length));
        }

        _ = Execute(pointers[0], pointers);
        var reason = Marshal.GetLastPInvokeErrorMessage();
        for (var i = 0; i < list.Length; i++)
        {
            NativeMemory.Free(pointers[i]);
        }

        NativeMemory.Free(pointers);
        return reason;
    }

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true)]
    private static unsafe partial int Execute(byte* path, byte** arguments);
}
