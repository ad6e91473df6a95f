namespace LightVM.PowerShell;

internal static class FleetSearch
{
    public static NamedSearch<Fleet> Fleets { get; } = new(
        "fleet", ErrorCodes.FleetNotFound, "Get-LightVMRevision", (client, token) => client.Fleets.ListAsync(token), fleet => fleet.Name, _ => null);
}
