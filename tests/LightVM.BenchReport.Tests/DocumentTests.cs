namespace LightVM.BenchReport.Tests;

/// <summary>The tables that are written, and where.</summary>
public class DocumentTests
{
    [Fact]
    public void Blocks_are_filled_and_the_rest_is_left()
    {
        const string document = "# Title\n<!-- bench:a -->\nold\n<!-- /bench -->\ntext\n<!-- bench:b -->\nkept\n<!-- /bench -->\n";
        Assert.Equal(
            "# Title\n<!-- bench:a -->\nnew\n<!-- /bench -->\ntext\n<!-- bench:b -->\nkept\n<!-- /bench -->\n",
            MarkedBlocks.Fill(document, name => name == "a" ? "new\n" : null));
    }

    [Theory]
    [InlineData("<!-- bench:a -->\nno end\n")]
    [InlineData("<!-- bench:a -->\n<!-- bench:b -->\n<!-- /bench -->\n")]
    public void A_block_without_an_end_is_refused(string document) => Assert.Throws<FormatException>(() => MarkedBlocks.Fill(document, _ => ""));

    [Fact]
    public void Tables_line_up_with_numbers_to_the_right() => Assert.Equal(
        """
        | who     |   ms |
        | ------- | ---: |
        | lightvm | 2.25 |
        | xl      |  356 |
        """.ReplaceLineEndings("\n"),
        Text.Table(["who", "ms"], [["lightvm", "2.25"], ["xl", "356"]]));

    [Theory]
    [InlineData(0.01234, "0.0123")]
    [InlineData(2.5, "2.5")]
    [InlineData(12.34, "12.3")]
    [InlineData(1234.5, "1,234")]
    [InlineData(0, "0")]
    [InlineData(100, "100")]
    public void Figures_have_three_digits_that_count(double value, string text) => Assert.Equal(text, Text.Number(value));

    [Fact]
    public void A_case_shows_what_it_is_in_posix_spawn_and_in_xl()
    {
        var run = new BenchRun("abc", "today", "m", "tcg", "6 GB", "v");
        BenchRow[] rows =
        [
            new("create", "lightvm", "noop", 0, "client", null, "ms", [2, 2, 2]),
            new("create", "posix_spawn", "busybox", 0, "client", null, "ms", [10, 10]),
            new("create", "xl", "noop", 0, "client", null, "ms", [400, 400]),
        ];
        string table = new Tables(new Dictionary<string, BenchPart> { ["create"] = new(run, rows) }).Of("create") ?? "";
        string[] cells = [.. table.Split('\n')[2].Split('|', StringSplitOptions.RemoveEmptyEntries).Select(cell => cell.Trim())];
        Assert.Equal(["lightvm", "noop", "0", "client", "3", "2", "2", "2..2", "0.2", "200"], cells);
    }
}
