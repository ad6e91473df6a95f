using System.Collections;
using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>What crosses between <see cref="Scope"/> and its scripts. Public, because scripts read and write it.</summary>
public sealed class ScopeCall
{
    public IDictionary? Variables { get; init; }

    public Action? Body { get; init; }

    public ScriptBlock? Block { get; init; }

    public Hashtable Splat { get; init; } = [];

    public object? Value { get; set; }

    public ErrorRecord? Error { get; set; }

    /// <summary>The block came to its end, or returned.</summary>
    public bool Completed { get; set; }
}
