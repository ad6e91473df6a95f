using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>-Contain: the piped values have the expected one among them.</summary>
internal sealed class ContainOperator() : SimpleOperator("Contain")
{
    public override bool TakesArray => true;

    public override ShouldOutcome Test(ShouldCall call)
    {
        var expected = call.Argument("ExpectedValue");
        return call.Judge(
            Equality.Enumerate(call.Actual).Any(item => LanguagePrimitives.Equals(item, expected, ignoreCase: true)),
            () => $"Expected {ValueText.Of(expected)} to be found in collection {ValueText.Of(call.Actual)}{call.Because} but it was not found.",
            () => $"Expected {ValueText.Of(expected)} to not be found in collection {ValueText.Of(call.Actual)}{call.Because} but it was found.");
    }
}
