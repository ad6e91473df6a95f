namespace LightVM.Tinyx.Tests;

public sealed class TrialsAreRemembered : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("tinyx-journal-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_set_is_known_again_in_any_order_with_how_it_ended()
    {
        string path = Path.Combine(directory, "an-image.jsonl");
        var journal = new TrialJournal(path);
        Assert.False(journal.TryGet([], out _));
        journal.Add([], null);
        journal.Add(["b", "a"], "it says \"no\"\nand more");
        foreach (TrialJournal same in new[] { journal, new TrialJournal(path) })
        {
            Assert.True(same.TryGet([], out string? good));
            Assert.Null(good);
            Assert.True(same.TryGet(["a", "b"], out string? bad));
            Assert.Equal("it says \"no\"\nand more", bad);
            Assert.False(same.TryGet(["a"], out _));
        }
    }

    [Fact]
    public void A_line_that_was_cut_off_counts_as_none_and_spoils_no_other()
    {
        string path = Path.Combine(directory, "journal");
        new TrialJournal(path).Add(["a"], null);
        File.AppendAllText(path, "[\"a b\",\"it do");
        var journal = new TrialJournal(path);
        Assert.Equal(1, journal.Count);
        journal.Add(["c"], null);
        Assert.Equal(2, new TrialJournal(path).Count);
    }
}
