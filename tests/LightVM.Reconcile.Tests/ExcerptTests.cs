using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile.Tests;

/// <summary>What a finding shows of its file: the line, and a mark under the place.</summary>
public sealed class ExcerptTests
{
    [Theory]
    [InlineData("a: 1\nbb: 2\n", 2, 5, "    2 | bb: 2\n      |     ^")]
    [InlineData("a: 1\r\nbb: 2\r\nc: 3", 2, 1, "    2 | bb: 2\n      | ^")]
    [InlineData("a: 1\rbb: 2", 2, 1, "    2 | bb: 2\n      | ^")]
    [InlineData("a:\tx\n", 1, 4, "    1 | a: x\n      |    ^")]
    [InlineData("a: 😀 b\n", 1, 7, "    1 | a: 😀 b\n      |       ^")]
    [InlineData("a: 1", 1, 5, "    1 | a: 1\n      |     ^")]
    [InlineData("a: 1", 1, 99, "    1 | a: 1\n      |     ^")]
    public void Is_the_line_with_a_mark(string text, int line, int column, string shown) =>
        Assert.Equal(shown, new SourceLines(text).Excerpt(new SourceMark(line, column)));

    [Theory]
    [InlineData("", 1)]
    [InlineData("a: 1\n  \n", 2)]
    [InlineData("a: 1", 2)]
    [InlineData("a: 1", 0)]
    public void Is_nothing_where_there_is_nothing_to_see(string text, int line) =>
        Assert.Null(new SourceLines(text).Excerpt(new SourceMark(line, 1)));

    [Fact]
    public void Is_a_part_of_a_long_line()
    {
        string text = new string('a', 150) + "X" + new string('b', 150);
        Assert.Equal(
            $"    1 | …{new string('a', 60)}X{new string('b', 39)}…\n      |  {new string(' ', 60)}^",
            new SourceLines(text).Excerpt(new SourceMark(1, 151)));
        Assert.Equal($"    1 | {new string('a', 100)}…\n      | ^", new SourceLines(text).Excerpt(new SourceMark(1, 1)));
    }

    [Fact]
    public void Holds_nothing_that_a_terminal_obeys() =>
        Assert.Equal("    1 | a?[31m?b?\n      | ^", new SourceLines("a\u001b[31m\u202eb\ud83d").Excerpt(new SourceMark(1, 1)));

    [Fact]
    public async Task Comes_with_each_finding_and_in_the_message()
    {
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => SpecLoader.ParseAsync(
            "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: { name: web }\nguests:\n  - name: web\n    image: hello\n    memmory: 8MB\n", "fleet.yaml", "/"));
        const string excerpt = "    7 |     memmory: 8MB\n      |     ^";
        Assert.Contains(e.Findings, finding => finding.Excerpt == excerpt);
        Assert.Contains(excerpt, e.Message, StringComparison.Ordinal);
    }
}
