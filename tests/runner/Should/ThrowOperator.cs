using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>-Throw: the piped script block ends with an error, of the message, id and type asked for.</summary>
internal sealed class ThrowOperator() : SimpleOperator("Throw")
{
    public override IReadOnlyList<(string Name, Type Type)> Parameters =>
    [
        ("ExpectedMessage", typeof(object)),
        ("ErrorId", typeof(object)),
        ("ExceptionType", typeof(object)),
        ("PassThru", typeof(SwitchParameter)),
    ];

    public override ShouldOutcome Test(ShouldCall call)
    {
        if ((call.Actual is PSObject wrapped ? wrapped.BaseObject : call.Actual) is not ScriptBlock block)
        {
            throw new ArgumentException("-Throw needs a script block: { ... } | Should -Throw.");
        }

        var error = call.Invoke(block);
        if (call.Not)
        {
            return error is null
                ? ShouldOutcome.Success
                : new ShouldOutcome($"Expected no exception to be thrown{call.Because} but an exception \"{error.Exception.Message}\" was thrown{Where(error)}.");
        }

        List<string> expected = [], but = [];
        if (call.Argument("ExceptionType") is { } typeArgument)
        {
            var type = TypeArgument.Read(typeArgument);
            expected.Add($"type [{type}]");
            if (error is not null && !type.IsInstanceOfType(error.Exception))
            {
                but.Add($"the exception type was [{error.Exception.GetType()}]");
            }
        }

        Compare("message like", "message", call.Text("ExpectedMessage"), error?.Exception.Message, expected, but);
        Compare("FullyQualifiedErrorId", "FullyQualifiedErrorId", call.Text("ErrorId"), error?.FullyQualifiedErrorId, expected, but);
        if (error is null)
        {
            but.Add("no exception was thrown");
        }

        if (but.Count == 0)
        {
            return new ShouldOutcome(null, call.Switch("PassThru") ? error : null);
        }

        var with = expected.Count > 0 ? " with " + string.Join(" and ", expected) : "";
        return new ShouldOutcome(
            $"Expected an exception{with} to be thrown{call.Because} but {string.Join(" and ", but)}{(error is null ? "" : Where(error))}.");
    }

    /// <summary>Messages and ids are compared with wildcards, without regard to case.</summary>
    private static void Compare(string words, string what, string? pattern, string? actual, List<string> expected, List<string> but)
    {
        if (string.IsNullOrWhiteSpace(pattern))
        {
            return;
        }

        expected.Add($"{words} {ValueText.Of(WildcardPattern.Unescape(pattern))}");
        if (actual is not null && !WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(actual))
        {
            but.Add($"the {what} was {ValueText.Of(actual)}");
        }
    }

    private static string Where(ErrorRecord error) =>
        string.IsNullOrEmpty(error.InvocationInfo?.ScriptName)
            ? ""
            : $" from {error.InvocationInfo.ScriptName}:{error.InvocationInfo.ScriptLineNumber}";
}
