namespace LightVM.Client;

/// <summary>Which guests; all that is set must hold.</summary>
public sealed record GuestQuery
{
    /// <summary>Globs with * and ?; a guest has to match one of them. Empty: any name.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public GuestState? State { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Owned by this fleet.</summary>
    public string? Fleet { get; init; }

    internal string ToQueryString()
    {
        var parts = new List<string>();
        parts.AddRange(Names.Select(name => "name=" + Uri.EscapeDataString(name)));
        if (State is { } state)
        {
            parts.Add("state=" + Uri.EscapeDataString(char.ToLowerInvariant(state.ToString()[0]) + state.ToString()[1..]));
        }

        if (Labels is not null)
        {
            parts.AddRange(Labels.Select(label => "label=" + Uri.EscapeDataString($"{label.Key}={label.Value}")));
        }

        if (Fleet is not null)
        {
            parts.Add("fleet=" + Uri.EscapeDataString(Fleet));
        }

        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }
}
