namespace LightVM.Client;

/// <summary>What a daemon can do, asked before it is sent what an older one would not know.</summary>
internal sealed class HostFeatures(HostConnection connection)
{
    public const string Networks = "networks";
    public const string Adapters = "adapters";
    public const string Disks = "disks";
    public const string ConsoleAttach = "console-attach";
    public const string PortForward = "port-forward";
    public const string Moves = "moves";
    public const string Publish = "publish";
    public const string Probes = "probes";
    public const string Pool = "pool";
    public const string Checkpoints = "checkpoints";
    public const string Clones = "clones";
    public const string Revisions = "revisions";
    public const string Leases = "leases";
    public const string FleetHosts = "fleet-hosts";
    public const string DeletionPolicies = "deletion-policies";
    public const string Measurements = "measurements";
    public const string CloneShells = "pool.checkpoints";

    // A daemon gets more features by an update, never fewer: only what is absent is asked for again.
    private volatile Host? known;

    /// <exception cref="LightVMException">FeatureMissing.</exception>
    public async Task RequireAsync(CancellationToken cancellationToken, params string[] features)
    {
        if (await MissingAsync(features, cancellationToken).ConfigureAwait(false) is { } missing)
        {
            throw new LightVMException(ConnectionFailure.NoFeature(connection.Endpoint, missing, known!.Version));
        }
    }

    public async Task<bool> HasAsync(string feature, CancellationToken cancellationToken) =>
        await MissingAsync([feature], cancellationToken).ConfigureAwait(false) is null;

    private async Task<string?> MissingAsync(string[] features, CancellationToken cancellationToken)
    {
        if (known is { } before && Array.TrueForAll(features, before.Features.Contains))
        {
            return null;
        }

        Host now = await connection.GetAsync("v1/host", LightVMJson.Default.Host, cancellationToken).ConfigureAwait(false);
        known = now;
        return Array.Find(features, feature => !now.Features.Contains(feature));
    }
}
