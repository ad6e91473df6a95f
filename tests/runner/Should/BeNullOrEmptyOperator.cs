using System.Collections;
using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>-BeNullOrEmpty: nothing, or one thing that is null, an empty string, or an empty hashtable.</summary>
internal sealed class BeNullOrEmptyOperator() : SimpleOperator("BeNullOrEmpty", parameter: null)
{
    public override bool TakesArray => true;

    public override ShouldOutcome Test(ShouldCall call) => call.Judge(
        IsNothing(Equality.Enumerate(call.Actual)),
        () => $"Expected $null or empty{call.Because} but got "
            + $"{ValueText.Of(Equality.Enumerate(call.Actual) is [var one] ? one : call.Actual)}.",
        () => $"Expected a value{call.Because} but got $null or empty.");

    private static bool IsNothing(object?[] values) => values switch
    {
        [] => true,
        [var value] => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
        {
            Hashtable table => table.Count == 0,
            _ => string.IsNullOrEmpty(LanguagePrimitives.ConvertTo<string>(value)),
        },
        _ => false,
    };
}
