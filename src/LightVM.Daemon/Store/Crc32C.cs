using System.Buffers.Binary;
using System.Numerics;

namespace LightVM.Daemon.Store;

/// <summary>CRC-32C (Castagnoli), by the CPU's own instruction where there is one.</summary>
internal static class Crc32C
{
    /// <summary>Continues <paramref name="crc"/> (0 to begin) over <paramref name="data"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        crc = ~crc;
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
