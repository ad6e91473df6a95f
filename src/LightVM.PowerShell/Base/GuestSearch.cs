using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Finds guests by name: one request, however many names.</summary>
internal static class GuestSearch
{
    // Beyond this many names the list of all guests is shorter than the question.
    private const int NamesInQuery = 64;

    public static async Task<(IReadOnlyList<Guest> Found, IReadOnlyList<string> Missing)> FindAsync(
        LightVMClient client, GuestNames names, GuestQuery query, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> globs = names.ToGlobs();
        IReadOnlyList<Guest> candidates = await client.Guests.ListAsync(
            query with { Names = globs.Count <= NamesInQuery ? globs : [] }, cancellationToken).ConfigureAwait(false);
        return names.Match(candidates, guest => guest.Name);
    }

    public static Problem NotFound(string hostName, string name) => new()
    {
        Code = ErrorCodes.GuestNotFound,
        Title = ErrorCodes.GuestNotFound,
        Detail = $"There is no guest '{name}' on {hostName}.",
        Target = name,
        Recommendation = $"See which there are: Get-LightVM -HostName {hostName}",
    };
}
