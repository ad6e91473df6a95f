namespace LightVM.Reconcile.Yaml;

/// <summary>A value of a document, with the place where it begins.</summary>
internal abstract class YamlNode(SourceMark mark)
{
    public SourceMark Mark { get; } = mark;

    /// <summary>What it is, for people: <c>a list</c>, <c>the number 4</c>.</summary>
    public abstract string Describe();
}
