using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace LightVM.PowerShell;

/// <summary>The members of an argument that is a hashtable, or an object with properties; each may be asked for once, and none may be left.</summary>
internal sealed class ArgumentMembers
{
    private readonly Dictionary<string, object?> members = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> known = [];
    private readonly bool isTable;

    public ArgumentMembers(object argument)
    {
        if (Plain(argument) is IDictionary table)
        {
            isTable = true;
            foreach (DictionaryEntry entry in table)
            {
                members[Text(entry.Key)] = Plain(entry.Value);
            }

            return;
        }

        foreach (PSPropertyInfo property in PSObject.AsPSObject(argument).Properties)
        {
            members[property.Name] = Plain(property.Value);
        }
    }

    public static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    public string? Text(params string[] names) => Take(names) is { } value ? Text(value) : null;

    public long Size(params string[] names) => Take(names) is { } value ? SizeOf(value) : 0;

    public bool Flag(params string[] names) => Take(names) is { } value && LanguagePrimitives.IsTrue(value);

    public int? Number(params string[] names)
    {
        object? value = Take(names);
        return value is null
            ? null
            : LanguagePrimitives.TryConvertTo(value, CultureInfo.InvariantCulture, out int number)
                ? number
                : throw new FormatException($"'{Text(value)}' is no number.");
    }

    /// <summary>Bytes.</summary>
    public static long SizeOf(object value) =>
        value is not string text
            ? (long)LanguagePrimitives.ConvertTo(value, typeof(long), CultureInfo.InvariantCulture)
            : MemorySize.TryParse(text.EndsWith("/s", StringComparison.OrdinalIgnoreCase) ? text[..^2] : text, out long bytes)
                ? bytes
                : throw new FormatException($"'{text}' is no size: give bytes, or a number with KB, MB or GB (powers of 1024).");

    /// <summary>A key of a hashtable that nothing asked for is a mistake; an object may have further properties.</summary>
    public void ThrowIfAnyIsLeft(string what)
    {
        if (isTable && members.Count > 0)
        {
            throw new FormatException($"{what} has no '{members.Keys.First()}': it has {string.Join(", ", known)}.");
        }
    }

    private object? Take(string[] names)
    {
        known.Add(names[0]);
        object? value = null;
        foreach (string name in names)
        {
            if (members.Remove(name, out object? found))
            {
                value ??= found;
            }
        }

        return value;
    }

    private static string Text(object? value) => Convert.ToString(Plain(value), CultureInfo.InvariantCulture) ?? "";
}
