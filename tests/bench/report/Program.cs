using System.Text.Json;
using LightVM.BenchReport;

// LightVM.BenchReport --root CHECKOUT [--publish]: reads out/bench/rows, draws out/bench/charts/*.png, and fills the marked blocks of
// docs/benchmarks.md and README.md: of copies in out/bench, or with --publish of themselves. See tests/bench/run.sh.
int at = Array.IndexOf(args, "--root");
if (at < 0 || at + 1 >= args.Length)
{
    Console.Error.WriteLine("usage: LightVM.BenchReport --root CHECKOUT [--publish]");
    return 2;
}

string bench = Path.Combine(args[at + 1], "out", "bench");
var parts = new SortedDictionary<string, BenchPart>(StringComparer.Ordinal);
foreach (string file in Directory.EnumerateFiles(Path.Combine(bench, "rows"), "*.json"))
{
    try
    {
        using FileStream stream = File.OpenRead(file);
        parts[Path.GetFileNameWithoutExtension(file)] = JsonSerializer.Deserialize(stream, BenchJson.Default.BenchPart) ?? throw new JsonException("It holds nothing.");
    }
    catch (JsonException e)
    {
        Console.Error.WriteLine($"bench: {file} holds no rows: {e.Message}");
        return 1;
    }
}

var tables = new Tables(parts);
bool publish = args.Contains("--publish");
foreach (string document in new[] { Path.Combine("docs", "benchmarks.md"), "README.md" })
{
    string source = Path.Combine(args[at + 1], document);
    string filled = MarkedBlocks.Fill(File.ReadAllText(source), tables.Of);
    File.WriteAllText(publish ? source : Path.Combine(bench, Path.GetFileName(document)), filled);
}

var rows = new RowSet(parts.Values.SelectMany(part => part.Rows));
IReadOnlyList<string> charts = [.. Charts.Of(rows).Select(chart => ChartFile.Save(chart, Path.Combine(bench, "charts")))];
Console.WriteLine(Tables.BarTable(Bars.Of(rows)));
Console.WriteLine($"tables: {(publish ? "docs/benchmarks.md, README.md" : bench + "/*.md")}");
Console.WriteLine($"charts: {string.Join(' ', charts)}");
return 0;
