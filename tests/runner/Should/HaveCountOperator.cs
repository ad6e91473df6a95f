using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>-HaveCount: how many values were piped.</summary>
internal sealed class HaveCountOperator() : SimpleOperator("HaveCount")
{
    public override bool TakesArray => true;

    public override ShouldOutcome Test(ShouldCall call)
    {
        var expected = LanguagePrimitives.ConvertTo<int>(call.Argument("ExpectedValue"));
        if (expected < 0)
        {
            throw new ArgumentException("A collection cannot have fewer than 0 elements.");
        }

        var count = Equality.Enumerate(call.Actual).Length;
        return call.Judge(
            count == expected,
            () => $"Expected a collection with size {expected}{call.Because} but got one with size {count}: {ValueText.Of(call.Actual)}.",
            () => $"Expected a collection with size different from {expected}{call.Because} but got one with that size: {ValueText.Of(call.Actual)}.");
    }
}
