using System.Collections;
using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>What blocks and tests have in common.</summary>
internal abstract class Item
{
    /// <summary>The name as written, with its templates.</summary>
    public required string Name { get; init; }

    public required ScriptBlock ScriptBlock { get; init; }

    public required string File { get; init; }

    public required int Line { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public Block? Parent { get; init; }

    /// <summary>True for one of a -ForEach; <see cref="Data"/> may then still be null.</summary>
    public bool HasData { get; init; }

    public object? Data { get; init; }

    public bool Skip { get; set; }

    /// <summary>Set by the filter.</summary>
    public bool ShouldRun { get; set; }

    /// <summary>Set by the filter: this item itself matched, so all below it runs.</summary>
    public bool Included { get; set; }

    /// <summary>Set by the filter.</summary>
    public bool Excluded { get; set; }

    /// <summary>The name with its templates filled in, as far as the run has come.</summary>
    public string Title { get => field ?? Name; set; }

    /// <summary>Names from the outermost block down, as written.</summary>
    public IEnumerable<string> Path => Parent is { IsRoot: false } ? Parent.Path.Append(Name) : [Name];

    /// <summary>Titles from the outermost block down.</summary>
    public IEnumerable<string> TitlePath => Parent is { IsRoot: false } ? Parent.TitlePath.Append(Title) : [Title];

    /// <summary>The variables that -ForEach defines: <c>$_</c>, and each key of a dictionary.</summary>
    public Dictionary<string, object?> Variables()
    {
        var variables = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        if (!HasData)
        {
            return variables;
        }

        variables["_"] = Data;
        foreach (var (key, value) in Keys())
        {
            variables.TryAdd(key, value);
        }

        return variables;
    }

    /// <summary>The same as named arguments, for blocks that have a param().</summary>
    public Hashtable Splat()
    {
        var splat = new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in Keys())
        {
            splat[key] = value;
        }

        return splat;
    }

    private IEnumerable<(string Key, object? Value)> Keys()
    {
        var data = Data is PSObject wrapped ? wrapped.BaseObject : Data;
        return HasData && data is IDictionary dictionary
            ? dictionary.Cast<DictionaryEntry>().Select(entry => (entry.Key.ToString()!, entry.Value))
            : [];
    }
}
