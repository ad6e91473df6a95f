namespace LightVM.Reconcile.Yaml;

/// <summary>Stands where a value was refused; there is a finding for it already, and nothing more is to be said.</summary>
internal sealed class YamlUnusable(SourceMark mark) : YamlNode(mark)
{
    public override string Describe() => "a value that was refused";
}
