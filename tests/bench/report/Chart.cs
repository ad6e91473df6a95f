namespace LightVM.BenchReport;

/// <summary>What a chart shows, before it is drawn.</summary>
/// <param name="Name">Of its file, without the extension.</param>
/// <param name="Logarithmic">The y axis; its values must then be above 0.</param>
internal sealed record Chart(string Name, string Title, string X, string Y, bool Logarithmic, IReadOnlyList<Series> Lines);
