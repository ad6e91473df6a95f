using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>One judgement: the actual value and the operator's arguments.</summary>
/// <param name="Actual">The value, or the array of piped values.</param>
/// <param name="Not">The expectation is turned round.</param>
/// <param name="Arguments">Bound parameters by name.</param>
/// <param name="Invoke">Runs a script block of the test; returns the error that ended it, or null.</param>
internal sealed record ShouldCall(
    object? Actual, bool Not, IReadOnlyDictionary<string, object?> Arguments, Func<ScriptBlock, ErrorRecord?> Invoke)
{
    /// <summary>What stands after the expectation in a message: ", because ...," or ",".</summary>
    public string Because => ValueText.Because(Text("Because"));

    public object? Argument(string name) => Arguments.TryGetValue(name, out var value) ? value : null;

    public bool Has(string name) => Arguments.ContainsKey(name);

    public string? Text(string name) =>
        Argument(name) is { } value ? LanguagePrimitives.ConvertTo<string>(value) : null;

    public bool Switch(string name) => Argument(name) is SwitchParameter { IsPresent: true };

    /// <summary>The outcome of a condition, turned round by -Not.</summary>
    /// <param name="holds">Whether the expectation, as written without -Not, holds.</param>
    /// <param name="message">The message if it should hold and does not.</param>
    /// <param name="notMessage">The message if it should not and does.</param>
    public ShouldOutcome Judge(bool holds, Func<string> message, Func<string> notMessage) =>
        holds != Not ? ShouldOutcome.Success : new ShouldOutcome((Not ? notMessage : message)());
}
