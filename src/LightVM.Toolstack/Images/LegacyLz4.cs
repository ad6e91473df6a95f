using System.Buffers.Binary;

namespace LightVM.Toolstack;

/// <summary>The old LZ4 frame, which Linux packs its kernels in: a magic number, then blocks, each with its size before it.</summary>
internal static class LegacyLz4
{
    public const uint Magic = 0x184C2102;

    private const int MinimumMatch = 4;

    /// <returns>The bytes written, or null: it is damaged, or does not fit.</returns>
    public static int? Unpack(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        int written = 0;
        if (packed.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(packed) != Magic)
        {
            return null;
        }

        packed = packed[4..];
        while (packed.Length >= 4)
        {
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(packed);
            packed = packed[4..];
            if (size == Magic)
            {
                continue; // another frame follows
            }

            if (size > (uint)packed.Length || UnpackBlock(packed[..(int)size], target[written..]) is not { } count)
            {
                return null;
            }

            written += count;
            packed = packed[(int)size..];
        }

        return packed.IsEmpty ? written : null;
    }

    /// <summary>Sequences of bytes to take as they are, and of bytes to repeat from what this block has given.</summary>
    private static int? UnpackBlock(ReadOnlySpan<byte> block, Span<byte> target)
    {
        int at = 0;
        int written = 0;
        while (at < block.Length)
        {
            int token = block[at++];
            long literals = Length(token >> 4, block, ref at);
            if (literals < 0 || literals > block.Length - at || literals > target.Length - written)
            {
                return null;
            }

            block.Slice(at, (int)literals).CopyTo(target[written..]);
            at += (int)literals;
            written += (int)literals;
            if (at == block.Length)
            {
                return written; // the last sequence ends with its literals
            }

            if (block.Length - at < 2)
            {
                return null;
            }

            int distance = BinaryPrimitives.ReadUInt16LittleEndian(block[at..]);
            at += 2;
            long length = Length(token & 15, block, ref at);
            if (length < 0 || distance == 0 || distance > written || length + MinimumMatch > target.Length - written)
            {
                return null;
            }

            // Byte by byte: what is repeated may reach into what is being written.
            for (int end = written + (int)length + MinimumMatch; written < end; written++)
            {
                target[written] = target[written - distance];
            }
        }

        return null;
    }

    /// <summary>A length of four bits, continued in bytes where it is 15; -1: it goes on beyond the block.</summary>
    private static long Length(int start, ReadOnlySpan<byte> block, ref int at)
    {
        long length = start;
        if (start != 15)
        {
            return length;
        }

        while (at < block.Length)
        {
            int more = block[at++];
            length += more;
            if (more != 255)
            {
                return length;
            }
        }

        return -1;
    }
}
