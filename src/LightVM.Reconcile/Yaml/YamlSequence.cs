namespace LightVM.Reconcile.Yaml;

internal sealed class YamlSequence(SourceMark mark, IReadOnlyList<YamlNode> items) : YamlNode(mark)
{
    public IReadOnlyList<YamlNode> Items { get; } = items;

    public override string Describe() => Items.Count == 0 ? "an empty list" : "a list";
}
