using System.Collections;
using System.Globalization;
using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Published ports as <c>'8080:80'</c>, <c>'127.0.0.1:8080:80/tcp'</c>, <c>80</c>, <c>@{ 8080 = 80 }</c>, and lists of them.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class PublishArgumentAttribute : ListArgumentAttribute
{
    protected override object Convert(IEnumerable<object> items) => items.SelectMany(ToPorts).ToArray();

    /// <exception cref="FormatException">It is none.</exception>
    internal static IEnumerable<PublishedPort> ToPorts(object item) => item switch
    {
        PublishedPort port => [port],
        IDictionary pairs => [.. pairs.Cast<DictionaryEntry>().Select(pair => Parse($"{Text(pair.Key)}:{Text(pair.Value)}"))],
        _ => [.. Text(item).Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(Parse)],
    };

    private static PublishedPort Parse(string text) =>
        PublishedPortText.TryParse(text, out PublishedPort? port, out string? why)
            ? port
            : throw new FormatException($"'{text}' {why}: write {PublishedPortText.Expected}.");

    private static string Text(object? value) => System.Convert.ToString(ArgumentMembers.Plain(value), CultureInfo.InvariantCulture) ?? "";
}
