using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace LightVM.Daemon.Http;

/// <summary>Reads query parameters strictly: an unknown name or a malformed value is InvalidArgument.</summary>
internal sealed class QueryReader
{
    private readonly IQueryCollection _query;

    public QueryReader(HttpRequest request, params ReadOnlySpan<string> known)
    {
        _query = request.Query;
        foreach (string name in _query.Keys)
        {
            if (!known.Contains(name))
            {
                string what = known.IsEmpty ? "there are none here" : "known are " + string.Join(", ", known);
                throw Problems.InvalidArgument($"The query parameter '{name}' is not known; {what}.", name);
            }
        }
    }

    public string? Text(string name)
    {
        var values = _query[name];
        if (values.Count > 1)
        {
            throw Problems.InvalidArgument($"The query parameter '{name}' is given twice.", name);
        }

        return values.ToString() is { Length: > 0 } value ? value : null;
    }

    public IReadOnlyList<string> Texts(string name) => [.. _query[name].Where(v => !string.IsNullOrEmpty(v))!];

    public bool Flag(string name) => Text(name) switch
    {
        null or "false" => false,
        "true" => true,
        var other => throw Problems.InvalidArgument($"The query parameter '{name}' is true or false, not '{other}'.", name),
    };

    public long? Number(string name, long max)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value <= max
            ? value
            : throw Problems.InvalidArgument($"The query parameter '{name}' is a whole number from 0 to {max}, not '{text}'.", name);
    }

    public TEnum? Choice<TEnum>(string name)
        where TEnum : struct, Enum
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return !char.IsAsciiDigit(text[0]) && text[0] != '-' && !text.Contains(',', StringComparison.Ordinal)
            && Enum.TryParse(text, ignoreCase: true, out TEnum value)
            ? value
            : throw Problems.InvalidArgument($"The query parameter '{name}' is one of {Names<TEnum>()}, not '{text}'.", name);
    }

    private static string Names<TEnum>()
        where TEnum : struct, Enum =>
        string.Join(", ", Enum.GetNames<TEnum>().Select(System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName));
}
