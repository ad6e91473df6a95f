using System.Buffers.Binary;

namespace LightVM;

/// <summary>
/// Verifies a checkpoint while its bytes go by, from whatever they come (a file, a request, a socket): every byte counts, and nothing of
/// it may be used before <see cref="Complete"/> has returned. Not for several threads.
/// </summary>
/// <param name="target">What messages call it.</param>
public sealed class CheckpointVerifier(string? target)
{
    private readonly XxHash64 _hash = new();
    private readonly byte[] _tail = new byte[CheckpointFormat.TrailerSize];
    private byte[] _front = new byte[CheckpointFormat.PrologueSize];
    private int _frontLength;
    private int _tailLength;
    private bool _headerKnown;

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>The JSON of its header, already checked; null before it has come.</summary>
    public ReadOnlyMemory<byte>? Header => _headerKnown && _frontLength == _front.Length ? _front.AsMemory(CheckpointFormat.PrologueSize) : null;

    /// <summary>Where its memory begins. Once <see cref="Header"/> is there.</summary>
    public long MemoryOffset => CheckpointFormat.MemoryOffset(_front.Length - CheckpointFormat.PrologueSize);

    /// <summary>Bytes of its memory. After <see cref="Complete"/>.</summary>
    public long MemoryLength { get; private set; }

    /// <summary>The next bytes.</summary>
    /// <exception cref="LightVMException">CheckpointInvalid: it does not begin as one.</exception>
    public void Append(ReadOnlySpan<byte> data)
    {
        Length += data.Length;
        CollectFront(data);
        if (data.Length >= _tail.Length)
        {
            _hash.Append(_tail.AsSpan(0, _tailLength));
            _hash.Append(data[..^_tail.Length]);
            data[^_tail.Length..].CopyTo(_tail);
            _tailLength = _tail.Length;
            return;
        }

        int over = Math.Max(_tailLength + data.Length - _tail.Length, 0);
        _hash.Append(_tail.AsSpan(0, over));
        _tail.AsSpan(over, _tailLength - over).CopyTo(_tail);
        data.CopyTo(_tail.AsSpan(_tailLength - over));
        _tailLength += data.Length - over;
    }

    /// <summary>There are no more bytes.</summary>
    /// <exception cref="LightVMException">CheckpointInvalid says what is wrong with it.</exception>
    public void Complete()
    {
        if (Header is null)
        {
            throw CheckpointFormat.Invalid(target, $"it ends after {Length} bytes, within its header");
        }

        long length = Length - MemoryOffset - CheckpointFormat.TrailerSize;
        if (length < 0 || !_tail.AsSpan(0, 8).SequenceEqual(CheckpointFormat.EndMagic))
        {
            throw CheckpointFormat.Invalid(target, $"it ends after {Length} bytes without a trailer: it was cut off, or its end was altered");
        }

        long said = BinaryPrimitives.ReadInt64LittleEndian(_tail.AsSpan(8));
        if (said != length)
        {
            throw CheckpointFormat.Invalid(target, $"it has {length} bytes of memory, and its trailer says {said}");
        }

        _hash.Append(_tail.AsSpan(0, CheckpointFormat.TrailerSize - CheckpointFormat.ChecksumSize));
        if (_hash.Value != BinaryPrimitives.ReadUInt64LittleEndian(_tail.AsSpan(CheckpointFormat.TrailerSize - CheckpointFormat.ChecksumSize)))
        {
            throw CheckpointFormat.Invalid(target, "its checksum does not fit what is in it: it was altered");
        }

        MemoryLength = length;
    }

    private void CollectFront(ReadOnlySpan<byte> data)
    {
        while (_frontLength < _front.Length && data.Length > 0)
        {
            int taken = Math.Min(_front.Length - _frontLength, data.Length);
            data[..taken].CopyTo(_front.AsSpan(_frontLength));
            _frontLength += taken;
            data = data[taken..];
            if (_frontLength < _front.Length)
            {
                return;
            }

            if (_headerKnown)
            {
                CheckpointFormat.CheckHeader(_front, target);
                return;
            }

            int header = CheckpointFormat.HeaderLength(_front, target);
            Array.Resize(ref _front, CheckpointFormat.PrologueSize + header);
            _headerKnown = true;
        }
    }
}
