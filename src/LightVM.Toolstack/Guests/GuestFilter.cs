namespace LightVM.Toolstack;

/// <summary>Which guests a list is to hold; what is empty or null does not filter.</summary>
public sealed record GuestFilter
{
    public static GuestFilter All { get; } = new();

    /// <summary>Globs (<c>*</c>, <c>?</c>, <c>[a-z]</c>), of which one must match.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public GuestState? State { get; init; }

    /// <summary>All of them must be there. A null value: any value.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Labels { get; init; } = [];

    public string? Fleet { get; init; }
}
