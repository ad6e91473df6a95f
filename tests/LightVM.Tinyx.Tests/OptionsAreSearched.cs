namespace LightVM.Tinyx.Tests;

public sealed class OptionsAreSearched
{
    private readonly List<string> tried = [];
    private readonly List<(string Set, string? Failure)> decided = [];

    [Fact]
    public async Task Options_that_nothing_needs_go_in_one_trial()
    {
        OptionSearch search = await SearchAsync([], ["a", "b", "c"]);
        Assert.Equal(["a", "b", "c"], search.Off);
        Assert.Equal(["a b c"], tried);
        Assert.Equal([("a b c", null)], decided);
    }

    [Fact]
    public async Task What_is_needed_is_found_by_halving_and_stays()
    {
        OptionSearch search = await SearchAsync(["c"], ["a", "b", "c", "d"]);
        Assert.Equal(["a", "b", "d"], search.Off);
        Assert.Equal(["a b c d", "a b", "a b c d", "a b c", "a b d"], tried);
        Assert.Equal([("a b", null), ("c", "needs c"), ("d", null)], decided);
    }

    [Fact]
    public async Task One_by_one_each_is_tried_beside_what_has_gone()
    {
        OptionSearch search = await SearchAsync(["b"], ["a", "b", "c"], oneByOne: true);
        Assert.Equal(["a", "c"], search.Off);
        Assert.Equal(["a", "a b", "a c"], tried);
    }

    [Fact]
    public async Task Options_that_do_only_without_each_other_are_not_both_taken()
    {
        var search = new OptionSearch(
            off => Task.FromResult(off.Contains("a") && off.Contains("d") ? "needs a or d" : null), (_, _) => { });
        await search.RunAsync(["a", "b", "c", "d"], oneByOne: false);
        Assert.Equal(["a", "b", "c"], search.Off);
    }

    [Fact]
    public async Task Nothing_to_try_is_no_trial()
    {
        Assert.Empty((await SearchAsync([], [])).Off);
        Assert.Empty(tried);
    }

    private async Task<OptionSearch> SearchAsync(string[] needed, string[] candidates, bool oneByOne = false)
    {
        OptionSearch search = null!;
        search = new OptionSearch(
            off =>
            {
                Assert.NotEmpty(search.Pending);
                tried.Add(string.Join(' ', off));
                return Task.FromResult(needed.FirstOrDefault(off.Contains) is { } missed ? $"needs {missed}" : null);
            },
            (set, failure) => decided.Add((string.Join(' ', set), failure)));
        await search.RunAsync(candidates, oneByOne);
        return search;
    }
}
