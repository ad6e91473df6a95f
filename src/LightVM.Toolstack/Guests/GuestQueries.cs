namespace LightVM.Toolstack;

/// <summary>Lists of guests. Never waits.</summary>
internal sealed class GuestQueries(ToolstackParts parts)
{
    public IReadOnlyList<Guest> List(GuestFilter filter)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return [.. parts.Guests.All
            .Where(guest => Matches(guest.Record, filter))
            .Select(guest => guest.ToGuest(now))
            .OrderBy(guest => guest.Name, NaturalOrder.Instance)];
    }

    internal static bool Matches(GuestRecord record, GuestFilter filter) =>
        (filter.State is not { } state || record.State == state) &&
        (filter.Fleet is not { } fleet || record.Fleet == fleet) &&
        filter.Labels.All(label => record.Labels.TryGetValue(label.Key, out string? value) && (label.Value is null || label.Value == value)) &&
        (filter.Names.Count == 0 || filter.Names.Any(glob => Glob.IsMatch(glob, record.Name)));
}
