namespace LightVM.BenchReport;

/// <summary>One file of out/bench/rows: what one program measured in one lab.</summary>
internal sealed record BenchPart(BenchRun Run, IReadOnlyList<BenchRow> Rows);
