using System.Text.Json;
using LightVM.BenchReport;

// LightVM.BenchReport --root CHECKOUT [--publish]: reads out/bench/rows, writes out/bench/benchmarks.md and out/bench/charts/*.png.
// With --publish docs/benchmarks.md gets the tables too. See tests/bench/run.sh.
int at = Array.IndexOf(args, "--root");
if (at < 0 || at + 1 >= args.Length)
{
    Console.Error.WriteLine("usage: LightVM.BenchReport --root CHECKOUT [--publish]");
    return 2;
}

string bench = Path.Combine(args[at + 1], "out", "bench");
string document = Path.Combine(args[at + 1], "docs", "benchmarks.md");
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
string filled = MarkedBlocks.Fill(File.ReadAllText(document), tables.Of);
File.WriteAllText(Path.Combine(bench, "benchmarks.md"), filled);
if (args.Contains("--publish"))
{
    File.WriteAllText(document, filled);
}

var rows = new RowSet(parts.Values.SelectMany(part => part.Rows));
IReadOnlyList<string> charts = [.. Charts.Of(rows).Select(chart => ChartFile.Save(chart, Path.Combine(bench, "charts")))];
Console.WriteLine(Tables.BarTable(Bars.Of(rows)));
Console.WriteLine($"tables: {(args.Contains("--publish") ? document : Path.Combine(bench, "benchmarks.md"))}");
Console.WriteLine($"charts: {string.Join(' ', charts)}");
return 0;
