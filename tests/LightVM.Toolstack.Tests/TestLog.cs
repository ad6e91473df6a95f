using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack.Tests;

/// <summary>Writes a console log as lightvm-io does (see io.h), so that the reader can be tested on the real file format.</summary>
internal sealed class TestLog : IDisposable
{
    private const int HeadAt = 64;
    private const int CountAt = 72;
    private readonly string _directory = Directory.CreateTempSubdirectory("lightvm-test").FullName;
    private readonly SafeFileHandle _file;
    private ulong _lines;

    public TestLog()
    {
        Logs = new ConsoleLogs(_directory);
        Logs.BeginLife(Id, 1).Dispose();
        _file = File.OpenHandle(Logs.PathOf(Id), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    }

    public Guid Id { get; } = Guid.NewGuid();

    public ConsoleLogs Logs { get; }

    public ulong Head
    {
        get => Get(HeadAt);
        set => Set(HeadAt, value);
    }

    public ulong ChunkCount
    {
        get => Get(CountAt);
        set => Set(CountAt, value);
    }

    public ulong Base => Get(16);

    public ConsoleReader Reader(bool thisLife = false) => new(Logs.TryOpen(Id)!, thisLife);

    public void Drain(string text, ulong timeMs = 0, bool chunk = true) => Drain(Encoding.UTF8.GetBytes(text), timeMs, chunk);

    /// <summary>One drain. A crash after a step leaves the rest undone.</summary>
    public void Drain(byte[] bytes, ulong timeMs = 0, bool chunk = true, int steps = 3)
    {
        ulong head = Head;
        for (int i = 0; i < bytes.Length; i++)
        {
            RandomAccess.Write(_file, bytes.AsSpan(i, 1), DataAt(head + (ulong)i));
        }

        if (steps > 1 && chunk)
        {
            SetChunk(ChunkCount, head, timeMs * 1_000_000, _lines);
            ChunkCount++;
        }

        if (steps > 2)
        {
            Head = head + (ulong)bytes.Length;
            _lines += (ulong)bytes.Count(b => b == '\n');
        }
    }

    public void SetChunk(ulong number, ulong start, ulong time, ulong lines)
    {
        long at = 128 + (24 * (long)(number % ConsoleLogLayout.Chunks));
        Set(at, start);
        Set(at + 8, time);
        Set(at + 16, lines);
    }

    public void Fill(Random random)
    {
        byte[] noise = new byte[ConsoleLogLayout.FileSize - HeadAt];
        random.NextBytes(noise);
        RandomAccess.Write(_file, noise, HeadAt);
    }

    public void Truncate(long size) => RandomAccess.SetLength(_file, size);

    public void Dispose()
    {
        _file.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static long DataAt(ulong position) => ConsoleLogLayout.DataOffset + (long)(position % ConsoleLogLayout.DataSize);

    private ulong Get(long at)
    {
        byte[] bytes = new byte[8];
        RandomAccess.Read(_file, bytes, at);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private void Set(long at, ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        RandomAccess.Write(_file, bytes, at);
    }
}
