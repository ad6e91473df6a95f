using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack;

/// <summary>
/// Makes lines of a console log, from the oldest byte that it holds on. The file's writer is not trusted: whatever is in it,
/// each <see cref="Read"/> is bounded, and what does not fit together costs lines, never more. Used by one thread at a time.
/// </summary>
internal sealed class ConsoleReader
{
    /// <summary>Bytes of a line that are kept; the rest of it is dropped.</summary>
    private const int MaxLine = ConsoleLogLayout.DataSize;

    private static readonly int HeaderSize = Unsafe.SizeOf<ConsoleLogLayout.Header>();
    private readonly SafeFileHandle _file;
    private readonly ConsoleLogLayout.Chunk[] _entries = new ConsoleLogLayout.Chunk[ConsoleLogLayout.Chunks];
    private readonly ConsoleLogLayout.Chunk[] _chunks = new ConsoleLogLayout.Chunk[ConsoleLogLayout.Chunks];
    private readonly byte[] _data = new byte[ConsoleLogLayout.DataSize];
    private readonly List<byte> _line = [];
    private ulong _position;         // of the next byte to read
    private ulong _lineStart;        // of the line that _line begins
    private long _sequence;          // of that line
    private long _lineTime;          // ns; of that line's first byte
    private long _lostFrom;          // the number that the next line would have, had nothing been lost
    private bool _begun;

    private readonly bool _thisLife;

    /// <param name="file">The log.</param>
    /// <param name="thisLife">Whether to leave out what earlier lives of the guest have written.</param>
    public ConsoleReader(SafeFileHandle file, bool thisLife = false)
    {
        _file = file;
        _thisLife = thisLife;
    }

    /// <summary>The lines that have ended since the last call.</summary>
    /// <param name="after">Lines of no greater number are left out, and are not missed.</param>
    /// <param name="withPartial">Whether a last line that has not ended is given too; then this is the last call.</param>
    public List<ConsoleLine> Read(long after, bool withPartial)
    {
        var lines = new List<ConsoleLine>();
        if (!ConsoleLogs.TryReadHeader(_file, out ConsoleLogLayout.Header before))
        {
            return lines;
        }

        int wanted = ReadData(before.Head);
        int chunkCount = ReadChunks(out ulong head, out ulong firstWhole);
        ulong start = before.Head - (ulong)wanted;
        if (firstWhole > start)
        {
            // Overwritten while it was read, or before.
            ulong skip = Math.Min(firstWhole - start, (ulong)wanted);
            start += skip;
        }

        if (_thisLife && !_begun && before.Owner.Base > start && before.Owner.Base <= before.Head)
        {
            start = before.Owner.Base - 1; // the newline that ends the life before: one in a line of its own
        }

        ReadOnlySpan<ConsoleLogLayout.Chunk> chunks = _chunks.AsSpan(0, chunkCount);
        if (!_begun || start > _position)
        {
            Enter(start, before.Head, chunks, after);
        }

        if (head >= before.Head)
        {
            Split(before.Head, chunks, after, lines);
        }

        if (withPartial && _line.Count > 0 && _sequence > after)
        {
            lines.Add(Line(partial: true));
        }

        return lines;
    }

    /// <summary>Reads [position or oldest, head) to where it lies in the ring.</summary>
    /// <returns>How many bytes up to head are there.</returns>
    private int ReadData(ulong head)
    {
        const ulong size = ConsoleLogLayout.DataSize;
        ulong oldest = head > size ? head - size : 0;
        ulong from = _begun && _position > oldest && _position <= head ? _position : oldest;
        int count = (int)(head - from);
        for (int done = 0; done < count;)
        {
            int at = (int)((from + (ulong)done) % size);
            int piece = Math.Min(count - done, (int)size - at);
            if (RandomAccess.Read(_file, _data.AsSpan(at, piece), ConsoleLogLayout.DataOffset + at) != piece)
            {
                return 0; // cut off by somebody
            }

            done += piece;
        }

        return count;
    }

    /// <summary>Reads the good chunks, oldest first, to the start of the array.</summary>
    /// <param name="head">Taken after the data were read.</param>
    /// <param name="firstWhole">The first byte that cannot have been overwritten before then.</param>
    private int ReadChunks(out ulong head, out ulong firstWhole)
    {
        head = 0;
        firstWhole = ulong.MaxValue;
        Span<byte> bytes = MemoryMarshal.AsBytes(_entries.AsSpan());
        if (RandomAccess.Read(_file, bytes, HeaderSize) != bytes.Length ||
            !ConsoleLogs.TryReadHeader(_file, out ConsoleLogLayout.Header now))
        {
            return 0;
        }

        head = now.Head;
        ulong unsure = ConsoleLogLayout.DataSize - ConsoleLogLayout.RingSize;
        firstWhole = head > unsure ? head - unsure : 0;
        const ulong most = ConsoleLogLayout.Chunks - 1; // the oldest may be under way of being the newest
        ulong first = now.ChunkCount > most ? now.ChunkCount - most : 0;
        int count = 0;
        for (ulong i = 0; i < now.ChunkCount - first; i++)
        {
            ConsoleLogLayout.Chunk chunk = _entries[(first + i) % ConsoleLogLayout.Chunks];
            bool good = chunk.Start < head && chunk.Lines <= chunk.Start &&
                (count == 0 || (chunk.Start > _chunks[count - 1].Start && chunk.Lines >= _chunks[count - 1].Lines));
            if (good)
            {
                _chunks[count++] = chunk;
            }
        }

        return count;
    }

    /// <summary>Begins at a byte, anew: which line it is in is counted from the nearest chunk.</summary>
    private void Enter(ulong start, ulong head, ReadOnlySpan<ConsoleLogLayout.Chunk> chunks, long after)
    {
        long number = LinesBefore(start, head, chunks) + 1;
        _position = start;
        _line.Clear();
        if (start > 0)
        {
            // Most likely within a line whose beginning is lost: skipped up to its end.
            while (_position < head && _data[_position % ConsoleLogLayout.DataSize] != (byte)'\n')
            {
                _position++;
            }

            if (_position < head)
            {
                _position++;
                number++;
            }
        }

        if (!_begun)
        {
            _lostFrom = after + 1;
        }

        _begun = true;
        _sequence = number;
        _lineStart = _position;
    }

    /// <summary>Newlines before a position, since the log began.</summary>
    private long LinesBefore(ulong position, ulong head, ReadOnlySpan<ConsoleLogLayout.Chunk> chunks)
    {
        foreach (ref readonly ConsoleLogLayout.Chunk chunk in chunks)
        {
            if (chunk.Start >= position && chunk.Start <= head)
            {
                return Math.Max((long)chunk.Lines - Newlines(position, chunk.Start), 0);
            }
        }

        // lightvm-io begins a chunk at least each quarter of the data, so this is no log of its making.
        return chunks.Length > 0 ? (long)chunks[^1].Lines : 0;
    }

    private long Newlines(ulong from, ulong to)
    {
        long count = 0;
        for (ulong i = from; i < to; i++)
        {
            count += _data[i % ConsoleLogLayout.DataSize] == (byte)'\n' ? 1 : 0;
        }

        return count;
    }

    private void Split(ulong head, ReadOnlySpan<ConsoleLogLayout.Chunk> chunks, long after, List<ConsoleLine> lines)
    {
        int chunk = 0;
        for (; _position < head; _position++)
        {
            if (_line.Count == 0 && _position == _lineStart)
            {
                while (chunk + 1 < chunks.Length && chunks[chunk + 1].Start <= _position)
                {
                    chunk++;
                }

                _lineTime = chunks.Length > 0 ? (long)Math.Min(chunks[chunk].Time, long.MaxValue) : 0;
            }

            byte b = _data[_position % ConsoleLogLayout.DataSize];
            if (b != (byte)'\n')
            {
                if (_line.Count < MaxLine)
                {
                    _line.Add(b);
                }

                continue;
            }

            if (_sequence > after)
            {
                lines.Add(Line(partial: false));
            }

            _line.Clear();
            _sequence++;
            _lineStart = _position + 1;
        }
    }

    private ConsoleLine Line(bool partial)
    {
        ReadOnlySpan<byte> bytes = CollectionsMarshal.AsSpan(_line);
        if (!partial && bytes.Length > 0 && bytes[^1] == (byte)'\r')
        {
            bytes = bytes[..^1];
        }

        long lost = Math.Max(_sequence - _lostFrom, 0);
        _lostFrom = _sequence + 1;
        return new ConsoleLine
        {
            Sequence = _sequence,
            Time = TimeOf(_lineTime),
            Text = Encoding.UTF8.GetString(bytes),
            Partial = partial,
            Lost = lost,
        };
    }

    private static DateTimeOffset TimeOf(long nanoseconds)
    {
        long ticks = nanoseconds / 100;
        return ticks <= DateTimeOffset.MaxValue.Ticks - DateTimeOffset.UnixEpoch.Ticks
            ? DateTimeOffset.UnixEpoch.AddTicks(ticks)
            : DateTimeOffset.UnixEpoch;
    }
}
