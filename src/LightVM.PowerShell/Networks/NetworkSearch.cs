namespace LightVM.PowerShell;

internal static class NetworkSearch
{
    public static NamedSearch<Network> Networks { get; } = new(
        "network", ErrorCodes.NetworkNotFound, "Get-LightVMNetwork", (client, token) => client.Networks.ListAsync(token), network => network.Name, network => network.HostName);
}
