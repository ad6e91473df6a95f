using System.Text.Json;

namespace LightVM.Tinyx;

/// <summary>What was tried before, so that a search that was interrupted goes on where it was. A line for each trial: what was off, and how it ended.</summary>
internal sealed class TrialJournal
{
    private readonly string path;
    private readonly Dictionary<string, string?> ends = new(StringComparer.Ordinal);

    /// <param name="path">In a directory that is there; made when there is something to write. A line that was not written to its end counts as none.</param>
    public TrialJournal(string path)
    {
        this.path = path;
        foreach (string line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            try
            {
                string?[] fields = JsonSerializer.Deserialize<string?[]>(line) ?? [];
                if (fields is [{ } set, _])
                {
                    ends[set] = fields[1];
                }
            }
            catch (JsonException)
            {
                // the line at which it was killed
            }
        }
    }

    public int Count => ends.Count;

    /// <param name="off">In any order.</param>
    /// <param name="failure">How it ended; null: well.</param>
    public bool TryGet(IEnumerable<string> off, out string? failure) => ends.TryGetValue(Name(off), out failure);

    public void Add(IEnumerable<string> off, string? failure)
    {
        string name = Name(off);
        ends[name] = failure;
        // A line that was cut off by a kill must not take this one with it.
        string begin = File.Exists(path) && !File.ReadAllText(path).EndsWith('\n') ? "\n" : "";
        File.AppendAllText(path, begin + JsonSerializer.Serialize(new[] { name, failure }) + "\n");
    }

    private static string Name(IEnumerable<string> off) => string.Join(' ', off.Order(StringComparer.Ordinal));
}
