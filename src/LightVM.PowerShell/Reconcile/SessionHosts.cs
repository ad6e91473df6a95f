using System.Collections.Concurrent;
using LightVM.Client;
using LightVM.Reconcile;

namespace LightVM.PowerShell;

/// <summary>The hosts of a spec by the session's connections: one that is connected already is used as it is.</summary>
internal sealed class SessionHosts : IHostDirectory
{
    private readonly ConcurrentDictionary<string, ClientHost> hosts = new(StringComparer.Ordinal);

    public IReconcileHost Open(string name, string address, bool isRecorded) => hosts.GetOrAdd(name, _ => new ClientHost(ClientOf(name, address, isRecorded), name));

    /// <summary>An ssh configuration can name programs to run: such a file is the user's to choose, and not whoever has written into a daemon or a plan.</summary>
    /// <exception cref="LightVMException">HostUnreachable: the address names one.</exception>
    public static void RefuseConfiguration(string name, string address)
    {
        if (HostEndpoint.TryParse(address, out HostEndpoint? spelled, out _) && spelled.SshConfigFile is { } file)
        {
            throw new LightVMException(
                ErrorCodes.HostUnreachable,
                $"Host '{name}' was recorded with the ssh configuration {file}, which is not taken from others.",
                name,
                $"Look at it, and connect the host yourself: Connect-LightVMHost '{address}'. Then do it again.");
        }
    }

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

        if (isRecorded)
        {
            RefuseConfiguration(name, address);
        }

        return HostRegistry.Process.GetOrAdd(endpoint.Kind == EndpointKind.Ssh ? endpoint with { Name = name } : endpoint);
    }
}
