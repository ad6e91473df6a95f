using System.Management.Automation;
using System.Text.RegularExpressions;

namespace LightVM.PesterRunner;

/// <summary>-FileContentMatch and its like: a regular expression, line by line or over the whole file.</summary>
internal sealed class FileContentOperator(string name, bool ignoreCase, bool multiline)
    : SimpleOperator(name, parameter: "ExpectedContent")
{
    public override ShouldOutcome Test(ShouldCall call)
    {
        var path = LanguagePrimitives.ConvertTo<string>(call.Actual);
        var pattern = call.Text("ExpectedContent") ?? "";
        var options = (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None)
            | (multiline ? RegexOptions.Multiline : RegexOptions.None);
        var matches = multiline
            ? Regex.IsMatch(File.ReadAllText(path), pattern, options)
            : File.ReadLines(path).Any(line => Regex.IsMatch(line, pattern, options));
        return call.Judge(
            matches,
            () => $"Expected {ValueText.Of(pattern)} to be found in file '{path}'{call.Because} but it was not found.",
            () => $"Expected {ValueText.Of(pattern)} to not be found in file '{path}'{call.Because} but it was found.");
    }
}
