using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>-BeTrue and -BeFalse: what PowerShell takes for true.</summary>
internal sealed class TruthOperator(string name, bool expected) : SimpleOperator(name, parameter: null)
{
    public override ShouldOutcome Test(ShouldCall call)
    {
        var wanted = expected != call.Not;
        return LanguagePrimitives.IsTrue(call.Actual) == wanted
            ? ShouldOutcome.Success
            : new ShouldOutcome($"Expected {ValueText.Of(wanted)}{call.Because} but got {ValueText.Of(call.Actual)}.");
    }
}
