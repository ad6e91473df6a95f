using LightVM.Client;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>Where a fleet is looked at and changed: the hosts of its spec, or one host of the session's.</summary>
/// <param name="HostName">For messages.</param>
/// <param name="Make">Makes what plans and applies there.</param>
internal sealed record ReconcileTarget(string HostName, Func<ReconcileOptions, Reconciler> Make)
{
    /// <summary>For a spec that names no hosts.</summary>
    public static ReconcileTarget On(LightVMClient client) => new(client.HostName, options => new Reconciler(new ClientHost(client), options));

    /// <summary>For one that does.</summary>
    public static ReconcileTarget Of(FleetSpec spec) =>
        new(string.Join(", ", spec.Hosts.Select(host => host.Name)), options => new Reconciler(new SessionHosts(), options));
}
