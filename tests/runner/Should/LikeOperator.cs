using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>-BeLike and -BeLikeExactly: wildcards.</summary>
internal sealed class LikeOperator(string name, string alias, bool ignoreCase) : SimpleOperator(name, [alias])
{
    public override ShouldOutcome Test(ShouldCall call)
    {
        var pattern = call.Text("ExpectedValue") ?? "";
        var matches = WildcardPattern.Get(pattern, ignoreCase ? WildcardOptions.IgnoreCase : WildcardOptions.None)
            .IsMatch(LanguagePrimitives.ConvertTo<string>(call.Actual) ?? "");
        return call.Judge(
            matches,
            () => $"Expected like wildcard {ValueText.Of(pattern)} to match {ValueText.Of(call.Actual)}{call.Because} but it did not match.",
            () => $"Expected like wildcard {ValueText.Of(pattern)} to not match {ValueText.Of(call.Actual)}{call.Because} but it did match.");
    }
}
