using LightVM.Client;

namespace LightVM.PowerShell;

/// <summary>Finds networks by name.</summary>
internal static class NetworkSearch
{
    public static async Task<(IReadOnlyList<Network> Found, IReadOnlyList<string> Missing)> FindAsync(
        LightVMClient client, IEnumerable<string> names, CancellationToken cancellationToken) =>
        new GuestNames(names).Match(await client.Networks.ListAsync(cancellationToken).ConfigureAwait(false), network => network.Name);

    public static Problem NotFound(string hostName, string name) => new()
    {
        Code = ErrorCodes.NetworkNotFound,
        Title = ErrorCodes.NetworkNotFound,
        Detail = $"There is no network '{name}' on {hostName}.",
        Target = name,
        Recommendation = $"See which there are: Get-LightVMNetwork -HostName {hostName}",
    };
}
