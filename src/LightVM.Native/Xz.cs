using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>The format .xz, by liblzma, which libxenguest brings along.</summary>
public static unsafe partial class Xz
{
    private const string Library = "liblzma.so.5";
    private const ulong MemoryLimit = 256 << 20; // bytes; the largest dictionary that Linux is packed with is 128 MiB

    /// <summary>Unpacks one whole stream. May be used from any thread.</summary>
    /// <returns>The bytes written, or null: it is damaged, or does not fit, or wants more than 256 MiB of memory.</returns>
    /// <exception cref="DllNotFoundException">The library is not installed.</exception>
    public static int? Unpack(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        ulong limit = MemoryLimit;
        nuint read = 0;
        nuint written = 0;
        fixed (byte* input = packed, output = target)
        {
            int status = lzma_stream_buffer_decode(
                &limit, 0, null, input, &read, (nuint)packed.Length, output, &written, (nuint)target.Length);
            return status == 0 ? (int)written : null;
        }
    }

    [LibraryImport(Library)]
    private static partial int lzma_stream_buffer_decode(
        ulong* memoryLimit, uint flags, void* allocator, byte* input, nuint* inputPosition, nuint inputSize, byte* output, nuint* outputPosition, nuint outputSize);
}
