using System.Runtime.InteropServices;

namespace LightVM.Native;

/// <summary>The format .zst, by libzstd, which libxenguest brings along.</summary>
public static unsafe partial class Zstandard
{
    private const string Library = "libzstd.so.1";

    /// <summary>Unpacks whole frames. May be used from any thread.</summary>
    /// <returns>The bytes written, or null: it is damaged, or does not fit.</returns>
    /// <exception cref="DllNotFoundException">The library is not installed.</exception>
    public static int? Unpack(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        fixed (byte* input = packed, output = target)
        {
            nuint result = ZSTD_decompress(output, (nuint)target.Length, input, (nuint)packed.Length);
            return ZSTD_isError(result) == 0 ? (int)result : null;
        }
    }

    [LibraryImport(Library)]
    private static partial nuint ZSTD_decompress(byte* output, nuint outputSize, byte* input, nuint inputSize);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint result);
}
