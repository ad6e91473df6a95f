using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>-BeOfType: PowerShell's <c>-is</c>.</summary>
internal sealed class BeOfTypeOperator() : SimpleOperator("BeOfType", ["HaveType"], "ExpectedType")
{
    public override ShouldOutcome Test(ShouldCall call)
    {
        var type = TypeArgument.Read(call.Argument("ExpectedType"));
        var actual = call.Actual is PSObject wrapped ? wrapped.BaseObject : call.Actual;
        var actualType = actual is null ? "none" : $"[{actual.GetType()}]";
        return call.Judge(
            type.IsInstanceOfType(actual) || (type == typeof(PSObject) && call.Actual is PSObject),
            () => $"Expected the value to have type [{type}] or any of its subtypes{call.Because} "
                + $"but got {ValueText.Of(call.Actual)} with type {actualType}.",
            () => $"Expected the value to not have type [{type}] or any of its subtypes{call.Because} "
                + $"but got {ValueText.Of(call.Actual)} with type {actualType}.");
    }
}
