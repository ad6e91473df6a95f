using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>-BeGreaterThan and its like: PowerShell's order, which converts the expected value to the actual one's type.</summary>
internal sealed class CompareOperator(string name, string alias, string words, Func<int, bool> holds)
    : SimpleOperator(name, [alias])
{
    public override ShouldOutcome Test(ShouldCall call)
    {
        var expected = call.Argument("ExpectedValue");
        var not = call.Not ? "not " : "";
        string Message() =>
            $"Expected the actual value to {not}be {words} {ValueText.Of(expected)}{call.Because} but got {ValueText.Of(call.Actual)}.";
        return call.Judge(holds(LanguagePrimitives.Compare(call.Actual, expected, ignoreCase: true)), Message, Message);
    }
}
