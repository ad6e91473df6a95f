using System.Buffers.Binary;

namespace LightVM.Toolstack;

/// <summary>
/// How memory crosses the network: most of a small guest's is zero, which is said by its length. A message is pieces of two 32-bit words,
/// little-endian: so many zeros, then so many bytes, which follow. Pure.
/// </summary>
internal static class SparseBytes
{
    /// <summary>Zeros are looked for in blocks of so many bytes.</summary>
    private const int Block = 256;

    private const int Head = 2 * sizeof(uint);

    /// <summary>Zeros that one piece may stand for.</summary>
    private const int LongestRun = 1 << 20;

    /// <summary>Bytes that a message may take for so many of data.</summary>
    public static int MaxLength(int data) => data + (((data / (2 * Block)) + 2) * Head);

    /// <returns>Bytes written to <paramref name="message"/>.</returns>
    public static int Encode(ReadOnlySpan<byte> data, Span<byte> message)
    {
        int length = 0;
        int at = 0;
        while (at < data.Length)
        {
            int zeros = Run(data[at..], zero: true);
            int literal = Run(data[(at + zeros)..], zero: false);
            BinaryPrimitives.WriteUInt32LittleEndian(message[length..], (uint)zeros);
            BinaryPrimitives.WriteUInt32LittleEndian(message[(length + 4)..], (uint)literal);
            data.Slice(at + zeros, literal).CopyTo(message[(length + Head)..]);
            length += Head + literal;
            at += zeros + literal;
        }

        return length;
    }

    /// <summary>Hands the bytes of a message on, in pieces.</summary>
    /// <param name="zeros">Any number of zeros, from which pieces are taken.</param>
    /// <exception cref="LightVMException">CheckpointInvalid: it is no such message.</exception>
    public static void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<byte> zeros, Taker take)
    {
        while (message.Length >= Head)
        {
            uint empty = BinaryPrimitives.ReadUInt32LittleEndian(message);
            uint literal = BinaryPrimitives.ReadUInt32LittleEndian(message[4..]);
            if (literal > message.Length - Head || empty > LongestRun)
            {
                break;
            }

            for (uint left = empty; left > 0;)
            {
                int part = (int)Math.Min(left, (uint)zeros.Length);
                take(zeros[..part]);
                left -= (uint)part;
            }

            if (literal > 0)
            {
                take(message.Slice(Head, (int)literal));
            }

            message = message[(Head + (int)literal)..];
        }

        if (!message.IsEmpty)
        {
            throw CheckpointFormat.Invalid(null, "its bytes were altered on their way");
        }
    }

    public delegate void Taker(ReadOnlySpan<byte> bytes);

    /// <summary>Bytes at the beginning that are zero, or are not, in whole blocks; what is left at the end counts as not.</summary>
    private static int Run(ReadOnlySpan<byte> data, bool zero)
    {
        int at = 0;
        while (data.Length - at >= Block && data.Slice(at, Block).ContainsAnyExcept((byte)0) != zero)
        {
            at += Block;
        }

        return zero || data.Length - at >= Block ? at : data.Length;
    }
}
