namespace LightVM.PowerShell;

internal static class PoolSearch
{
    public static NamedSearch<PoolFlavour> Flavours { get; } = new(
        "pool of",
        ErrorCodes.PoolNotFound,
        "Get-LightVMPool",
        async (client, token) => (await client.Pool.GetAsync(token).ConfigureAwait(false)).Flavours,
        flavour => flavour.Checkpoint ?? flavour.Image,
        flavour => flavour.HostName);
}
