using System.Management.Automation;
using System.Text;
using System.Text.RegularExpressions;

namespace LightVM.PesterRunner;

/// <summary>Fills in <c>&lt;name&gt;</c>, <c>&lt;_&gt;</c> and <c>&lt;user.name&gt;</c> in the names of tests and blocks.</summary>
internal static partial class TitleTemplate
{
    /// <summary>
    /// Evaluates each template in the current scope as the variable of that name, or as an expression that begins with it.
    /// </summary>
    public static (string Title, ErrorRecord? Error) Expand(string name, Scope scope)
    {
        var title = new StringBuilder();
        var at = 0;
        foreach (Match match in Template().Matches(name))
        {
            title.Append(name, at, match.Index - at);
            at = match.Index + match.Length;
            if (match.Groups["escaped"].Success)
            {
                title.Append(match.Groups["escaped"].Value);
                continue;
            }

            var (value, error) = Evaluate(match.Groups["expression"].Value, scope);
            if (error is not null)
            {
                return (name, error);
            }

            title.Append(value);
        }

        return (title.Append(name, at, name.Length - at).ToString(), null);
    }

    private static (string Value, ErrorRecord? Error) Evaluate(string expression, Scope scope)
    {
        ScriptBlock block;
        try
        {
            block = ScriptBlock.Create("$" + expression);
        }
        catch (ParseException)
        {
            var message = $"'<{expression}>' in the title is a template, and is no expression. Write `<{expression}`>.";
            return ("", new ErrorRecord(new ArgumentException(message), "TitleTemplate", ErrorCategory.InvalidData, expression));
        }

        var (value, error) = scope.Evaluate(block);
        return (value is string or PSObject { BaseObject: string } ? value.ToString()! : ValueText.Of(value), error);
    }

    [GeneratedRegex("`(?<escaped>[<>])|<(?<expression>[^>`]+)>")]
    private static partial Regex Template();
}
