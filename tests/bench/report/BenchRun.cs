namespace LightVM.BenchReport;

/// <summary>What the figures of a run depend on; made by run.sh.</summary>
internal sealed record BenchRun(string Commit, string Date, string Machine, string Accelerator, string Lab, string Versions);
