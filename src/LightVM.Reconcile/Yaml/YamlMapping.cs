namespace LightVM.Reconcile.Yaml;

/// <summary>A mapping: keys are unique and in the order of the file.</summary>
internal sealed class YamlMapping(SourceMark mark, IReadOnlyList<YamlEntry> entries) : YamlNode(mark)
{
    public IReadOnlyList<YamlEntry> Entries { get; } = entries;

    public override string Describe() => Entries.Count == 0 ? "an empty mapping" : "a mapping";
}
