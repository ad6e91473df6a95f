using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>-BeIn: one of the expected values.</summary>
internal sealed class BeInOperator() : SimpleOperator("BeIn")
{
    public override ShouldOutcome Test(ShouldCall call)
    {
        var expected = call.Argument("ExpectedValue");
        return call.Judge(
            Equality.Enumerate(expected).Any(item => LanguagePrimitives.Equals(item, call.Actual, ignoreCase: true)),
            () => $"Expected collection {ValueText.Of(expected)} to contain {ValueText.Of(call.Actual)}{call.Because} but it was not found.",
            () => $"Expected collection {ValueText.Of(expected)} to not contain {ValueText.Of(call.Actual)}{call.Because} but it was found.");
    }
}
