using System.Globalization;

namespace LightVM.Tinyx;

/// <summary>/etc/passwd and /etc/group.</summary>
internal static class AccountFile
{
    /// <summary>The numbers of a user and of its first group; null: there is none of that name.</summary>
    public static (uint User, uint Group)? FindUser(string passwd, string name) => Find(passwd, name, 4) is { } fields
        && uint.TryParse(fields[2], CultureInfo.InvariantCulture, out uint user)
        && uint.TryParse(fields[3], CultureInfo.InvariantCulture, out uint group)
            ? (user, group)
            : null;

    /// <summary>The number of a group; null: there is none of that name.</summary>
    public static uint? FindGroup(string group, string name) =>
        Find(group, name, 3) is { } fields && uint.TryParse(fields[2], CultureInfo.InvariantCulture, out uint number) ? number : null;

    private static string[]? Find(string text, string name, int least) =>
        text.Split('\n').Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length >= least && fields[0] == name);
}
