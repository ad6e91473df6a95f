using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace LightVM;

/// <summary>
/// XXH64 with seed 0, over bytes as they come. It finds what is torn or altered by chance, and costs a tenth of SHA-256 where the
/// processor has no instruction for either (which is so under emulation). It is no proof against somebody who means to alter a file, as
/// no digest is that lies in the file itself. Not for several threads.
/// </summary>
public sealed class XxHash64
{
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;
    private const ulong Prime5 = 0x27D4EB2F165667C5;
    private const int Stripe = 32;

    private readonly byte[] _rest = new byte[Stripe];
    private int _restLength;
    private ulong _length;
    private ulong _a = unchecked(Prime1 + Prime2);
    private ulong _b = Prime2;
    private ulong _c;
    private ulong _d = unchecked(0 - Prime1);

    public static ulong Of(ReadOnlySpan<byte> data)
    {
        var hash = new XxHash64();
        hash.Append(data);
        return hash.Value;
    }

    public void Append(ReadOnlySpan<byte> data)
    {
        _length += (ulong)data.Length;
        if (_restLength > 0)
        {
            int taken = Math.Min(Stripe - _restLength, data.Length);
            data[..taken].CopyTo(_rest.AsSpan(_restLength));
            _restLength += taken;
            data = data[taken..];
            if (_restLength < Stripe)
            {
                return;
            }

            Mix(_rest);
            _restLength = 0;
        }

        int whole = data.Length & ~(Stripe - 1);
        Mix(data[..whole]);
        data[whole..].CopyTo(_rest);
        _restLength = data.Length - whole;
    }

    /// <summary>Of all that was appended so far.</summary>
    public ulong Value
    {
        get
        {
            ulong value = Prime5;
            if (_length >= Stripe)
            {
                value = BitOperations.RotateLeft(_a, 1) + BitOperations.RotateLeft(_b, 7) + BitOperations.RotateLeft(_c, 12) + BitOperations.RotateLeft(_d, 18);
                value = Merge(Merge(Merge(Merge(value, _a), _b), _c), _d);
            }

            value += _length;
            ReadOnlySpan<byte> rest = _rest.AsSpan(0, _restLength);
            for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
            {
                value ^= Round(0, BinaryPrimitives.ReadUInt64LittleEndian(rest));
                value = (BitOperations.RotateLeft(value, 27) * Prime1) + Prime4;
            }

            if (rest.Length >= sizeof(uint))
            {
                value ^= BinaryPrimitives.ReadUInt32LittleEndian(rest) * Prime1;
                value = (BitOperations.RotateLeft(value, 23) * Prime2) + Prime3;
                rest = rest[sizeof(uint)..];
            }

            foreach (byte one in rest)
            {
                value ^= one * Prime5;
                value = BitOperations.RotateLeft(value, 11) * Prime1;
            }

            value = (value ^ (value >> 33)) * Prime2;
            value = (value ^ (value >> 29)) * Prime3;
            return value ^ (value >> 32);
        }
    }

    private static ulong Round(ulong lane, ulong word) => BitOperations.RotateLeft(lane + (word * Prime2), 31) * Prime1;

    private static ulong Merge(ulong value, ulong lane) => ((value ^ Round(0, lane)) * Prime1) + Prime4;

    /// <summary>Whole stripes.</summary>
    private void Mix(ReadOnlySpan<byte> stripes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(stripes); // x86-64 alone runs Xen guests of ours: little-endian
        (ulong a, ulong b, ulong c, ulong d) = (_a, _b, _c, _d);
        for (int i = 0; i + 3 < words.Length; i += 4)
        {
            a = Round(a, words[i]);
            b = Round(b, words[i + 1]);
            c = Round(c, words[i + 2]);
            d = Round(d, words[i + 3]);
        }

        (_a, _b, _c, _d) = (a, b, c, d);
    }
}
