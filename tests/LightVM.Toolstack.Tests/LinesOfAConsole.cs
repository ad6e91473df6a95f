namespace LightVM.Toolstack.Tests;

public sealed class LinesOfAConsole : IDisposable
{
    private readonly TestLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Are_numbered_and_timed_by_their_chunks()
    {
        _log.Drain("one\ntw", timeMs: 1000);
        _log.Drain("o\r\nthree\n", timeMs: 2000);

        List<ConsoleLine> lines = _log.Reader().Read(0, withPartial: true);

        Assert.Equal(["one", "two", "three"], lines.Select(line => line.Text));
        Assert.Equal([1, 2, 3], lines.Select(line => line.Sequence));
        Assert.Equal([1000, 1000, 2000], lines.Select(line => line.Time.ToUnixTimeMilliseconds()));
        Assert.All(lines, line => Assert.False(line.Partial));
        Assert.All(lines, line => Assert.Equal(0, line.Lost));
    }

    [Fact]
    public void Come_as_they_are_written()
    {
        ConsoleReader reader = _log.Reader();
        Assert.Empty(reader.Read(0, withPartial: false));

        _log.Drain("a");
        Assert.Empty(reader.Read(0, withPartial: false));
        _log.Drain("b\nc", chunk: false);
        Assert.Equal("ab", Assert.Single(reader.Read(0, withPartial: false)).Text);
        _log.Drain("\n");
        Assert.Equal((2, "c"), reader.Read(0, withPartial: false).Select(line => (line.Sequence, line.Text)).Single());
    }

    [Fact]
    public void May_be_those_of_this_life_alone()
    {
        Assert.Empty(_log.Reader(thisLife: true).Read(0, withPartial: false));
        _log.Drain("up\ncut");
        _log.Logs.BeginLife(_log.Id, 2).Dispose();
        ConsoleReader reader = _log.Reader(thisLife: true);
        Assert.Empty(reader.Read(0, withPartial: false));
        _log.Drain("again\n");
        Assert.Equal("again", _log.Reader(thisLife: true).Read(0, withPartial: true).Single().Text);
        Assert.Equal("again", reader.Read(0, withPartial: false).Single().Text);
        _log.Drain(new string('x', 2 * ConsoleLogLayout.DataSize) + "\nlast\n");
        Assert.Equal("last", _log.Reader(thisLife: true).Read(0, withPartial: true).Single().Text);
    }

    [Fact]
    public void May_end_with_a_partial_one()
    {
        _log.Drain("login: ");

        ConsoleLine line = Assert.Single(_log.Reader().Read(0, withPartial: true));
        Assert.Equal("login: ", line.Text);
        Assert.True(line.Partial);
        Assert.Equal(1, line.Sequence);
    }

    [Fact]
    public void Are_left_out_up_to_a_number()
    {
        _log.Drain("1\n2\n3\n4\n");

        List<ConsoleLine> lines = _log.Reader().Read(2, withPartial: true);
        Assert.Equal([3, 4], lines.Select(line => line.Sequence));
        Assert.All(lines, line => Assert.Equal(0, line.Lost));
    }

    [Fact]
    public void Are_counted_when_the_log_no_longer_holds_them()
    {
        Write(10_000);

        List<ConsoleLine> lines = _log.Reader().Read(0, withPartial: true);

        Assert.Equal(lines[0].Sequence - 1, lines[0].Lost);
        AssertWhole(lines);
        Assert.Equal(10_000, lines[^1].Sequence);
        int bytes = lines.Sum(line => line.Text.Length + 1);
        Assert.InRange(bytes, ConsoleLogLayout.DataSize - ConsoleLogLayout.RingSize - 32, ConsoleLogLayout.DataSize);
    }

    [Fact]
    public void Are_counted_when_a_reader_is_slower_than_the_guest()
    {
        ConsoleReader reader = _log.Reader();
        Write(10);
        Assert.Equal(10, reader.Read(0, withPartial: false).Count);

        Write(10_000, from: 11);
        List<ConsoleLine> lines = reader.Read(0, withPartial: false);

        Assert.Equal(lines[0].Sequence - 11, lines[0].Lost);
        Assert.True(lines[0].Lost > 0);
        AssertWhole(lines);
        Assert.Equal(10_010, lines[^1].Sequence);
    }

    [Fact]
    public void Are_not_missed_by_who_asked_for_later_ones()
    {
        Write(10_000);

        List<ConsoleLine> lines = _log.Reader().Read(9_990, withPartial: true);
        Assert.Equal(10, lines.Count);
        Assert.Equal(0, lines[0].Lost);
    }

    [Theory]
    [InlineData(1)] // the bytes alone
    [InlineData(2)] // and their chunk
    public void Do_not_show_a_drain_that_a_crash_cut_off(int steps)
    {
        _log.Drain("one\n", timeMs: 1);
        _log.Drain("two\n"u8.ToArray(), timeMs: 2, steps: steps);
        Assert.Equal("one", Assert.Single(_log.Reader().Read(0, withPartial: true)).Text);

        // The next lightvm-io takes the same bytes again.
        if (steps == 2)
        {
            _log.ChunkCount--;
        }

        _log.Drain("two\n", timeMs: 3);
        List<ConsoleLine> lines = _log.Reader().Read(0, withPartial: true);
        Assert.Equal(["one", "two"], lines.Select(line => line.Text));
        Assert.Equal(3, lines[1].Time.ToUnixTimeMilliseconds());
    }

    [Fact]
    public void End_with_the_life_that_wrote_them()
    {
        _log.Drain("cut o", timeMs: 1);
        _log.Logs.BeginLife(_log.Id, 2).Dispose();
        Assert.Equal(_log.Head, _log.Base);
        Assert.Equal(6UL, _log.Head);
        _log.Drain("again\n", timeMs: 2);
        _log.Logs.BeginLife(_log.Id, 3).Dispose();
        Assert.Equal(12UL, _log.Base);

        Assert.Equal([(1L, "cut o"), (2L, "again")], _log.Reader().Read(0, withPartial: true).Select(line => (line.Sequence, line.Text)));
    }

    [Fact]
    public void Replace_what_is_not_UTF_8()
    {
        _log.Drain([0xff, (byte)'a', 0, 0x1b, (byte)'\n']);

        Assert.Equal("\ufffda\0\u001b", Assert.Single(_log.Reader().Read(0, withPartial: true)).Text);
    }

    [Fact]
    public void Are_bounded_whatever_the_file_holds()
    {
        var random = new Random(11);
        for (int i = 0; i < 300; i++)
        {
            ConsoleReader reader = _log.Reader();
            for (int round = 0; round < 3; round++)
            {
                _log.Fill(random);
                if (random.Next(2) == 0)
                {
                    _log.Head = (ulong)random.Next(200_000);
                    _log.ChunkCount = random.Next(2) == 0 ? ulong.MaxValue : (ulong)random.Next(5000);
                }

                List<ConsoleLine> lines = reader.Read(0, withPartial: round == 2);
                Assert.True(lines.Sum(line => (long)line.Text.Length) <= 2 * ConsoleLogLayout.DataSize);
                Assert.All(lines, line => Assert.True(line.Lost >= 0));
            }
        }
    }

    [Fact]
    public void Are_none_when_the_file_was_cut_off()
    {
        ConsoleReader reader = _log.Reader();
        _log.Drain("one\n");
        _log.Truncate(ConsoleLogLayout.DataOffset);
        Assert.Empty(reader.Read(0, withPartial: true));
        _log.Truncate(10);
        Assert.Empty(reader.Read(0, withPartial: true));
    }

    private static void AssertWhole(List<ConsoleLine> lines)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            Assert.Equal($"line {lines[i].Sequence}", lines[i].Text);
            Assert.Equal(lines[0].Sequence + i, lines[i].Sequence);
            Assert.Equal(i == 0 ? lines[0].Lost : 0, lines[i].Lost);
        }
    }

    /// <summary>A chunk for each four drains, as when a guest writes fast.</summary>
    private void Write(int count, int from = 1)
    {
        for (int i = 0; i < count; i += 10)
        {
            string text = string.Concat(Enumerable.Range(from + i, Math.Min(10, count - i)).Select(n => $"line {n}\n"));
            _log.Drain(text, timeMs: (ulong)i, chunk: i % 40 == 0);
        }
    }
}
