using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>Labels as a hashtable gives them.</summary>
internal static class LabelTable
{
    public static Dictionary<string, string> From(Hashtable table)
    {
        var labels = new Dictionary<string, string>();
        foreach (DictionaryEntry entry in table)
        {
            labels[Text(entry.Key)] = Text(entry.Value);
        }

        return labels;
    }

    /// <summary>Whether something that has labels has all of these; null: none are asked for.</summary>
    public static bool Matches(IReadOnlyDictionary<string, string>? wanted, IReadOnlyDictionary<string, string> labels) =>
        wanted is null || wanted.All(label => labels.TryGetValue(label.Key, out string? value) && value == label.Value);

    private static string Text(object? value) =>
        Convert.ToString(value is PSObject wrapped ? wrapped.BaseObject : value, CultureInfo.InvariantCulture) ?? "";
}
