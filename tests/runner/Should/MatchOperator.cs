using System.Management.Automation;
using System.Text.RegularExpressions;

namespace LightVM.PesterRunner;

/// <summary>-Match and -MatchExactly: regular expressions.</summary>
internal sealed class MatchOperator(string name, IReadOnlyList<string> aliases, bool ignoreCase)
    : SimpleOperator(name, aliases, "RegularExpression")
{
    public override ShouldOutcome Test(ShouldCall call)
    {
        var pattern = call.Text("RegularExpression") ?? "";
        var matches = Regex.IsMatch(
            LanguagePrimitives.ConvertTo<string>(call.Actual) ?? "", pattern, ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None);
        return call.Judge(
            matches,
            () => $"Expected regular expression {ValueText.Of(pattern)} to match {ValueText.Of(call.Actual)}{call.Because} but it did not match.",
            () => $"Expected regular expression {ValueText.Of(pattern)} to not match {ValueText.Of(call.Actual)}{call.Because} but it did match.");
    }
}
