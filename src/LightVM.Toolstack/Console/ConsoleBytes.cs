using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// Reads a console log as bytes, from near its end on. The file's writer is not trusted: each read is bounded. What is overwritten
/// before it is read is skipped. Used by one thread at a time.
/// </summary>
internal sealed class ConsoleBytes
{
    private readonly byte[] _buffer = new byte[4096];
    private ulong _position;
    private bool _begun;

    /// <summary>Bytes that came since the last call, at most 4 KB of them; empty: there are none. Valid until the next call.</summary>
    public ReadOnlyMemory<byte> Read(SafeFileHandle file)
    {
        while (ConsoleLogs.TryReadHeader(file, out ConsoleLogLayout.Header header))
        {
            if (!_begun || header.Head < _position)
            {
                _position = header.Head > (ulong)_buffer.Length ? header.Head - (ulong)_buffer.Length : 0;
                _begun = true;
            }

            ulong oldest = Oldest(header.Head);
            _position = Math.Max(_position, oldest);
            int count = (int)Math.Min(header.Head - _position, (ulong)_buffer.Length);
            int at = (int)(_position % ConsoleLogLayout.DataSize);
            count = Math.Min(count, ConsoleLogLayout.DataSize - at);
            if (count == 0 || RandomAccess.Read(file, _buffer.AsSpan(0, count), ConsoleLogLayout.DataOffset + at) != count)
            {
                break;
            }

            if (ConsoleLogs.TryReadHeader(file, out ConsoleLogLayout.Header now) && _position >= Oldest(now.Head))
            {
                _position += (ulong)count;
                return _buffer.AsMemory(0, count);
            }
        }

        return default;
    }

    /// <summary>The first byte that cannot be under way of being overwritten.</summary>
    private static ulong Oldest(ulong head)
    {
        const ulong whole = ConsoleLogLayout.DataSize - ConsoleLogLayout.RingSize;
        return head > whole ? head - whole : 0;
    }
}
