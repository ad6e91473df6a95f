using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>-Exist: a file or directory. Other providers and wildcards are Pester's alone.</summary>
internal sealed class ExistOperator() : SimpleOperator("Exist", parameter: null)
{
    public override ShouldOutcome Test(ShouldCall call)
    {
        var path = LanguagePrimitives.ConvertTo<string>(call.Actual);
        return call.Judge(
            Path.Exists(path),
            () => $"Expected path {ValueText.Of(path)} to exist{call.Because} but it did not exist.",
            () => $"Expected path {ValueText.Of(path)} to not exist{call.Because} but it did exist.");
    }
}
