namespace LightVM.Reconcile.Yaml;

/// <summary>A key of a mapping and its value.</summary>
/// <param name="Key">Text of the key.</param>
/// <param name="Mark">Where the key begins.</param>
/// <param name="Value">Its value.</param>
internal sealed record YamlEntry(string Key, SourceMark Mark, YamlNode Value);
