using System.Globalization;
using System.Text;

namespace LightVM.Reconcile;

/// <summary>A guest of an entry, and what <c>${name}</c> and <c>${index}</c> in the entry's strings are for it; <c>$${</c> is a <c>${</c> that stays.</summary>
/// <param name="Name">The guest's: <c>web-3</c>.</param>
/// <param name="Number">Its number among its replicas, from 1; null: the entry has no replicas.</param>
internal readonly record struct ReplicaName(string Name, int? Number)
{
    private const string Opening = "${";
    private const string Kept = "$${";

    /// <summary>The words that there are.</summary>
    public static IReadOnlyList<string> Words { get; } = ["name", "index"];

    /// <summary>Whether the text is not itself for each guest.</summary>
    public static bool Varies(string text) => text.Contains(Opening, StringComparison.Ordinal);

    /// <summary>The text of which an expansion is <paramref name="text"/>.</summary>
    public static string Escape(string text) => text.Replace(Opening, Kept, StringComparison.Ordinal);

    /// <summary>The first word that is none of <see cref="Words"/>, or is not closed, as it is written; null: there is none.</summary>
    public static string? FirstUnknown(string text, bool numbered)
    {
        foreach ((int start, int end) in Places(text))
        {
            string word = text[start..end];
            if (word != "${name}" && (word != "${index}" || !numbered))
            {
                return word;
            }
        }

        return null;
    }

    /// <summary>The text for this guest. Words that are not known stay as they are: the spec was checked.</summary>
    public string Expand(string text)
    {
        if (!Varies(text))
        {
            return text;
        }

        var expanded = new StringBuilder(text.Length + Name.Length);
        int done = 0;
        foreach ((int start, int end) in Places(text))
        {
            expanded.Append(Unescape(text[done..start])).Append(text[start..end] switch
            {
                "${name}" => Name,
                "${index}" when Number is { } number => number.ToString(CultureInfo.InvariantCulture),
                var other => other,
            });
            done = end;
        }

        return expanded.Append(Unescape(text[done..])).ToString();
    }

    public IReadOnlyDictionary<string, string> Expand(IReadOnlyDictionary<string, string> texts)
    {
        ReplicaName self = this;
        return texts.Values.Any(Varies) ? texts.ToDictionary(pair => pair.Key, pair => self.Expand(pair.Value), StringComparer.Ordinal) : texts;
    }

    /// <summary>From each <c>${</c> that counts to behind its <c>}</c>, or to the end of the text.</summary>
    private static IEnumerable<(int Start, int End)> Places(string text)
    {
        for (int start = text.IndexOf(Opening, StringComparison.Ordinal); start >= 0;)
        {
            if (start > 0 && text[start - 1] == '$')
            {
                start = text.IndexOf(Opening, start + Opening.Length, StringComparison.Ordinal);
                continue;
            }

            int close = text.IndexOf('}', start);
            int end = close < 0 ? text.Length : close + 1;
            yield return (start, end);
            start = text.IndexOf(Opening, end, StringComparison.Ordinal);
        }
    }

    private static string Unescape(string text) => text.Replace(Kept, Opening, StringComparison.Ordinal);
}
