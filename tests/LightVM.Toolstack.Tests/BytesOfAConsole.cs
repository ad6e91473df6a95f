using System.Text;

namespace LightVM.Toolstack.Tests;

public sealed class BytesOfAConsole : IDisposable
{
    private readonly TestLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Begin_with_the_last_that_are_logged_and_go_on()
    {
        var bytes = new ConsoleBytes();
        Assert.Equal("", ReadAll(bytes));
        _log.Drain(new string('a', 2000));
        _log.Drain(new string('b', 2000));
        _log.Drain(new string('c', 1000));
        var late = new ConsoleBytes();
        Assert.Equal(5000, ReadAll(bytes).Length);
        Assert.Equal(new string('a', 1096) + new string('b', 2000) + new string('c', 1000), ReadAll(late));
        _log.Drain("login: ");
        Assert.Equal("login: ", ReadAll(bytes));
        Assert.Equal("login: ", ReadAll(late));
        Assert.Equal("", ReadAll(late));
    }

    [Fact]
    public void Skip_what_was_overwritten_before_it_was_read()
    {
        var bytes = new ConsoleBytes();
        _log.Drain("first");
        Assert.Equal("first", ReadAll(bytes));
        for (int i = 0; i < 100; i++)
        {
            _log.Drain(new string((char)('a' + (i % 26)), 2000));
        }

        string read = ReadAll(bytes);
        Assert.InRange(read.Length, 1, ConsoleLogLayout.DataSize);
        Assert.EndsWith(new string((char)('a' + (99 % 26)), 2000), read, StringComparison.Ordinal);
    }

    [Fact]
    public void End_with_a_file_that_is_no_log()
    {
        var bytes = new ConsoleBytes();
        _log.Fill(new Random(1));
        Assert.InRange(ReadAll(bytes).Length, 0, 1 << 20);
        _log.Truncate(100);
        Assert.Equal("", ReadAll(bytes));
    }

    private string ReadAll(ConsoleBytes bytes)
    {
        using var file = _log.Logs.TryOpen(_log.Id)!;
        var text = new StringBuilder();
        for (ReadOnlyMemory<byte> piece = bytes.Read(file); !piece.IsEmpty; piece = bytes.Read(file))
        {
            text.Append(Encoding.Latin1.GetString(piece.Span));
        }

        return text.ToString();
    }
}
