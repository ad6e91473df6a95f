using System.Collections.Concurrent;
using LightVM.Client;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>The hosts of a spec by the session's connections: one that is connected already is used as it is.</summary>
internal sealed class SessionHosts : IHostDirectory
{
    private readonly ConcurrentDictionary<string, ClientHost> hosts = new(StringComparer.Ordinal);

    public IReconcileHost Open(string name, string address, bool isRecorded) => hosts.GetOrAdd(name, _ => new ClientHost(ClientOf(name, address, isRecorded), name));

    private static LightVMClient ClientOf(string name, string address, bool isRecorded)
    {
        if (address.Length == 0 || address == name)
        {
            return HostRegistry.Process.Get(name);
        }

        HostEndpoint endpoint = HostRegistry.Process.Resolve(address);
        if (HostRegistry.Process.FindPlace(endpoint) is { } known)
        {
            return known;
        }

        if (isRecorded && HostEndpoint.TryParse(address, out HostEndpoint? spelled, out _) && spelled.SshConfigFile is { } file)
        {
            // An ssh configuration can name programs to run: such a file is the user's to choose, and not whoever has written into a daemon.
            throw new LightVMException(
                ErrorCodes.HostUnreachable,
                $"Host '{name}' was recorded with the ssh configuration {file}, which is not taken from another host.",
                name,
                $"Look at it, and connect the host yourself: Connect-LightVMHost '{address}'. Then reconcile again.");
        }

        return HostRegistry.Process.GetOrAdd(endpoint.Kind == EndpointKind.Ssh ? endpoint with { Name = name } : endpoint);
    }
}
