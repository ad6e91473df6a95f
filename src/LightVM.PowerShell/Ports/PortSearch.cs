using System.Management.Automation.Runspaces;

namespace LightVM.PowerShell;

/// <summary>Finds forwarded ports of the present runspace.</summary>
internal static class PortSearch
{
    public static IReadOnlyList<PortForwarder> Find(string[]? names, int[]? ports, int[]? localPorts, string[]? hostNames)
    {
        IReadOnlyList<PortForwarder> all = PortRegistry.Of(Runspace.DefaultRunspace);
        var wanted = new GuestNames(names ?? ["*"]);
        HashSet<string> found = new(wanted.Match([.. all.Select(port => port.Port.GuestName).Distinct()], name => name).Found, StringComparer.OrdinalIgnoreCase);
        return [.. all.Where(port => found.Contains(port.Port.GuestName)
            && ports?.Contains(port.Port.Port) != false
            && localPorts?.Contains(port.Port.LocalPort) != false
            && (hostNames is null || hostNames.Contains(port.Port.HostName, StringComparer.OrdinalIgnoreCase)))];
    }
}
