using LightVM.Daemon.Store;

namespace LightVM.Daemon.Tests;

/// <summary>What a journal holds after the process died at any point of writing it.</summary>
public sealed class JournalSurvivesCuts : IDisposable
{
    private const int Capacity = 4096;
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"lightvm-journal-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void What_was_appended_is_there_after_reopening()
    {
        byte[][] records = MakeRecords(1, 7, 8, 9, 100, 1);
        using (var journal = new MappedJournal(_path, Capacity))
        {
            journal.Reset(1);
            Assert.All(records, r => Assert.True(journal.TryAppend(r)));
        }

        Assert.Equal(records, ReadAll());
    }

    [Fact]
    public void A_full_journal_refuses_and_keeps_what_it_has()
    {
        int taken = 0;
        using (var journal = new MappedJournal(_path, Capacity))
        {
            while (journal.TryAppend(new byte[100]))
            {
                taken++;
            }

            Assert.False(journal.TryAppend(new byte[journal.MaxPayload]));
        }

        Assert.Equal(taken, ReadAll().Count);
    }

    [Fact]
    public void The_largest_record_fits_an_empty_journal()
    {
        using var journal = new MappedJournal(_path, Capacity);
        Assert.False(journal.TryAppend(new byte[journal.MaxPayload + 1]));
        Assert.True(journal.TryAppend(new byte[journal.MaxPayload]));
    }

    [Fact]
    public void Records_of_an_earlier_filling_do_not_count()
    {
        using (var journal = new MappedJournal(_path, Capacity))
        {
            journal.Reset(1);
            for (int i = 0; i < 10; i++)
            {
                journal.TryAppend(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 });
            }

            journal.Reset(2);
            // The same size as the old ones, so that the old records lie exactly behind it.
            journal.TryAppend(new byte[] { 9, 9, 9, 9, 9, 9, 9, 9 });
        }

        Assert.Equal([[9, 9, 9, 9, 9, 9, 9, 9]], ReadAll());
    }

    [Fact]
    public void Cut_at_every_byte_a_prefix_of_the_records_remains()
    {
        byte[][] records = MakeRecords(1, 2, 3, 30, 31, 32, 33, 5);
        var ends = new List<int>();
        using (var journal = new MappedJournal(_path, Capacity))
        {
            journal.Reset(7);
            foreach (byte[] record in records)
            {
                journal.TryAppend(record);
                ends.Add(64 + journal.Used);
            }
        }

        byte[] whole = File.ReadAllBytes(_path);
        for (int cut = 64; cut <= ends[^1]; cut++)
        {
            byte[] torn = (byte[])whole.Clone();
            Array.Clear(torn, cut, torn.Length - cut);
            File.WriteAllBytes(_path, torn);
            List<byte[]> read = ReadAll();
            Assert.Equal(records[..read.Count], read);
            // Nothing that was complete before the cut is lost.
            Assert.True(read.Count >= ends.Count(e => e <= cut), $"cut at {cut}: {read.Count} records");
        }
    }

    [Fact]
    public void A_flipped_bit_ends_the_journal_there()
    {
        byte[][] records = MakeRecords(10, 20, 30);
        using (var journal = new MappedJournal(_path, Capacity))
        {
            journal.Reset(3);
            Assert.All(records, r => Assert.True(journal.TryAppend(r)));
        }

        byte[] whole = File.ReadAllBytes(_path);
        for (int bit = 64 * 8; bit < (64 + 24 + 32 + 40) * 8; bit++)
        {
            byte[] bad = (byte[])whole.Clone();
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(_path, bad);
            List<byte[]> read = ReadAll();
            Assert.Equal(records[..read.Count], read);
        }
    }

    [Fact]
    public void Random_bytes_are_an_empty_journal_or_at_least_no_crash()
    {
        var random = new Random(4711);
        byte[] junk = new byte[Capacity];
        for (int i = 0; i < 300; i++)
        {
            random.NextBytes(junk);
            if (i % 2 == 0)
            {
                "LVMJ"u8.CopyTo(junk);
                junk[4] = 1;
                junk.AsSpan(5, 3).Clear();
            }

            File.WriteAllBytes(_path, junk);
            Assert.Empty(ReadAll());
        }
    }

    [Fact]
    public void Appending_goes_on_after_a_torn_tail()
    {
        using (var journal = new MappedJournal(_path, Capacity))
        {
            journal.Reset(1);
            journal.TryAppend([1]);
            journal.TryAppend([2]);
        }

        byte[] whole = File.ReadAllBytes(_path);
        whole[64 + 16 + 8] ^= 0xff; // the payload of the second
        File.WriteAllBytes(_path, whole);
        using (var journal = new MappedJournal(_path, Capacity))
        {
            journal.TryAppend([3]);
        }

        Assert.Equal([[1], [3]], ReadAll());
    }

    private static byte[][] MakeRecords(params int[] lengths) =>
        [.. lengths.Select((length, n) => Enumerable.Range(1, length).Select(i => (byte)((i * 31) + n)).ToArray())];

    private List<byte[]> ReadAll()
    {
        using var journal = new MappedJournal(_path, Capacity);
        var records = new List<byte[]>();
        journal.Replay(record => records.Add(record.ToArray()));
        return records;
    }
}
