using System.Text;

namespace LightVM.Reconcile.Tests;

/// <summary>How a file is read, before anything is parsed.</summary>
public sealed class SpecFileTests : IDisposable
{
    private const string Good = "apiVersion: lightvm/v1\nkind: Fleet\nmetadata: { name: quick }\nguests: []\n";
    private readonly Samples samples = new();

    [Fact]
    public async Task The_fleet_of_DSC_is_no_specs()
    {
        string path = samples.Write("dsc.yaml", Good.Replace("quick", "dsc", StringComparison.Ordinal));
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => SpecLoader.LoadAsync(path, "dsc.yaml"));
        Assert.Equal("dsc.yaml:3:19: 'dsc' is the fleet of what DSC's instances made, which this spec would delete, expected another name", Assert.Single(e.Findings).ToString());
    }

    [Fact]
    public async Task A_missing_file_is_SpecNotFound_by_the_name_that_was_given()
    {
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => SpecLoader.LoadAsync(samples.Directory + "/no.yaml", "./no.yaml"));
        Assert.Equal(ErrorCodes.SpecNotFound, e.Problem.Code);
        Assert.Equal("./no.yaml", e.Problem.Target);
        Assert.NotNull(e.Problem.Recommendation);
    }

    [Fact]
    public async Task A_directory_is_SpecNotFound()
    {
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => SpecLoader.LoadAsync(samples.Directory));
        Assert.Equal(ErrorCodes.SpecNotFound, e.Problem.Code);
    }

    [Fact]
    public async Task More_than_1_MB_is_refused()
    {
        string path = samples.Write("long.yaml", Good + "#" + new string('x', 1024 * 1024));
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => SpecLoader.LoadAsync(path, "long.yaml"));
        Assert.Equal("long.yaml:1:1: the file is longer than 1 MB, expected a spec of at most 1 MB", e.Problem.Detail);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public async Task A_byte_order_mark_is_no_part_of_the_text(string encoding)
    {
        string path = Path.Combine(samples.Directory, "bom.yaml");
        await File.WriteAllTextAsync(path, Good, encoding == "utf-8" ? new UTF8Encoding(true) : Encoding.GetEncoding(encoding));
        Assert.Equal("quick", (await SpecLoader.LoadAsync(path)).Name);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public async Task Line_ends_of_any_kind_count_once(string lineEnd)
    {
        string path = samples.Write("ends.yaml", (Good + "gusts: []\n").Replace("\n", lineEnd, StringComparison.Ordinal));
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => SpecLoader.LoadAsync(path, "ends.yaml"));
        SpecFinding finding = Assert.Single(e.Findings);
        Assert.Equal((5, 1, "gusts"), (finding.Line, finding.Column, finding.Path));
    }

    [Fact]
    public async Task Tabs_are_fine_where_they_are_no_indentation()
    {
        string path = samples.Write("tabs.yaml", Good.Replace("guests: []", "# comment\n\t# comment\n\t\nguests:\t[]\t# none", StringComparison.Ordinal));
        Assert.Empty((await SpecLoader.LoadAsync(path)).Guests);
    }

    [Fact]
    public async Task A_column_counts_as_editors_do()
    {
        string path = samples.Write("wide.yaml", Good.Replace("guests: []", "guests: [ { name: \"a\", \"😀\": 1, image: x } ]", StringComparison.Ordinal));
        LightVMException e = await Assert.ThrowsAsync<LightVMException>(() => SpecLoader.LoadAsync(path, "wide.yaml"));
        Assert.Equal((4, 24), (e.Findings[0].Line, e.Findings[0].Column));
    }

    public void Dispose() => samples.Dispose();
}
