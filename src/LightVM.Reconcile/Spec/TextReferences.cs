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
                else if (longest is { } member && Limit(key) is { } limit && Encoding.UTF8.GetByteCount(member.Expand(text)) > limit)
                {
                    findings.Add(
                        mark, path, string.Create(CultureInfo.InvariantCulture, $"'{key}' is too long for '{member.Name}'"),
                        string.Create(CultureInfo.InvariantCulture, $"at most {limit:N0} bytes with the guest's name in it"));
                }
            }
        }
    }

    private static string Unknown(GuestSpec guest, string key, string word) => word == "${index}"
        ? $"'${{index}}' in '{key}' of guest '{guest.Name}', which has no replicas"
        : $"'{YamlScalar.Show(word)}' in '{key}' is not known{Suggestion.For(word.Trim('$', '{', '}'), ReplicaName.Words)}";

    /// <summary>Bytes; null: none of its own.</summary>
    private static int? Limit(string key) => key switch
    {
        "commandLine" => SpecKeys.MaxCommandLine,
        _ when key.StartsWith("labels.", StringComparison.Ordinal) => SpecKeys.MaxLabelText,
        _ when key.StartsWith("disks[", StringComparison.Ordinal) => SpecKeys.MaxPath,
        _ => null,
    };
}
