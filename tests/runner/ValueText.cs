using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace LightVM.PesterRunner;

/// <summary>Values as failure messages show them.</summary>
internal static class ValueText
{
    private const int MostItems = 10;

    public static string Of(object? value)
    {
        var inner = value is PSObject wrapped ? wrapped.BaseObject : value;
        return inner switch
        {
            null => "$null",
            bool flag => flag ? "$true" : "$false",
            string { Length: 0 } => "<empty>",
            string text => $"'{text}'",
            DateTime time => time.ToString("o", CultureInfo.InvariantCulture),
            Type type => $"[{type}]",
            ScriptBlock block => $"{{{block}}}",
            IDictionary dictionary => "@{" + string.Join("; ", dictionary.Cast<DictionaryEntry>()
                .Take(MostItems).Select(entry => $"{entry.Key}={Of(entry.Value)}")) + "}",
            IEnumerable items => Items(items.Cast<object?>().ToArray()),
            _ => LanguagePrimitives.ConvertTo<string>(value),
        };
    }

    /// <summary>" because ...," or ","; what stands after the expectation in a message.</summary>
    public static string Because(string? reason)
    {
        var text = (reason ?? "").Trim();
        return text.Length == 0
            ? ","
            : $", because {(text.StartsWith("because ", StringComparison.OrdinalIgnoreCase) ? text[8..] : text)},";
    }

    private static string Items(object?[] items) =>
        "@(" + string.Join(", ", items.Take(MostItems).Select(Of))
        + (items.Length > MostItems ? $", ...{items.Length - MostItems} more" : "") + ")";
}
