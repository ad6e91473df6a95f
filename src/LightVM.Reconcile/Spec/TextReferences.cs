using System.Globalization;
using System.Text;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>References inside the file: what a guest's strings ask of its name, and whether they are short enough with it.</summary>
internal static class TextReferences
{
    public static void Check(FleetSpec spec, FindingList findings)
    {
        foreach (GuestSpec guest in spec.Guests)
        {
            ReplicaName? longest = guest.Members.LastOrDefault() is { Name: not null } last ? last : null;
            foreach ((string text, SourceMark mark, string key) in guest.Texts.Where(text => ReplicaName.Varies(text.Text)))
            {
                string path = $"{guest.Path}.{key}";
                if (ReplicaName.FirstUnknown(text, guest.Replicas is not null) is { } unknown)
                {
                    findings.Add(mark, path, Unknown(guest, key, unknown), "${name} or, of a guest with replicas, ${index}; $${ where a ${ is meant");
                }
                else if (longest is { } member && TooLong(key, member.Expand(text)) is { } expected)
                {
                    findings.Add(mark, path, $"'{key}' is too long for '{member.Name}'", $"{expected} with the guest's name in it");
                }
            }
        }
    }

    private static string Unknown(GuestSpec guest, string key, string word) => word == "${index}"
        ? $"'${{index}}' in '{key}' of guest '{guest.Name}', which has no replicas"
        : $"'{YamlScalar.Show(word)}' in '{key}' is not known{Suggestion.For(word.Trim('$', '{', '}'), ReplicaName.Words)}";

    /// <summary>What the binder of the key would have asked of the text, in the same units; null: it is short enough, or has no limit of its own.</summary>
    private static string? TooLong(string key, string text)
    {
        (int length, int limit, string unit) = key switch
        {
            "commandLine" => (Encoding.UTF8.GetByteCount(text), SpecKeys.MaxCommandLine, "bytes"),
            _ when key.StartsWith("labels.", StringComparison.Ordinal) => (text.Length, SpecKeys.MaxLabelText, "characters"),
            _ when key.StartsWith("disks[", StringComparison.Ordinal) => (text.Length, SpecKeys.MaxPath, "characters"),
            _ => (0, 0, ""),
        };
        return length <= limit ? null : string.Create(CultureInfo.InvariantCulture, $"at most {limit:N0} {unit}");
    }
}
