using System.Management.Automation.Runspaces;

namespace LightVM.PowerShell;

/// <summary>The forwarded ports of each runspace; they end with it, or with the module in it. All members are thread-safe.</summary>
internal static class PortRegistry
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<Guid, List<PortForwarder>> ByRunspace = [];

    /// <summary>Those of a runspace, in the order of their opening.</summary>
    public static IReadOnlyList<PortForwarder> Of(Runspace runspace)
    {
        lock (Gate)
        {
            return ByRunspace.TryGetValue(runspace.InstanceId, out List<PortForwarder>? ports) ? [.. ports.Where(port => port.Port.IsOpen)] : [];
        }
    }

    public static void Add(Runspace runspace, PortForwarder port)
    {
        lock (Gate)
        {
            if (!ByRunspace.TryGetValue(runspace.InstanceId, out List<PortForwarder>? ports))
            {
                ByRunspace.Add(runspace.InstanceId, ports = []);
                runspace.StateChanged += OnStateChanged;
            }

            ports.RemoveAll(other => !other.Port.IsOpen);
            ports.Add(port);
        }
    }

    public static void Close(PortForwarder port)
    {
        port.Dispose();
        lock (Gate)
        {
            foreach (List<PortForwarder> ports in ByRunspace.Values)
            {
                ports.Remove(port);
            }
        }
    }

    public static void CloseAll(Runspace runspace)
    {
        List<PortForwarder>? ports;
        lock (Gate)
        {
            if (!ByRunspace.Remove(runspace.InstanceId, out ports))
            {
                return;
            }
        }

        runspace.StateChanged -= OnStateChanged;
        ports.ForEach(port => port.Dispose());
    }

    /// <summary>Those to guests of a host that a session disconnects from, whatever runspace opened them.</summary>
    public static void CloseOf(string hostName)
    {
        PortForwarder[] ports;
        lock (Gate)
        {
            ports = [.. ByRunspace.Values.SelectMany(list => list).Where(port => port.Port.HostName.Equals(hostName, StringComparison.OrdinalIgnoreCase))];
        }

        Array.ForEach(ports, Close);
    }

    private static void OnStateChanged(object? sender, RunspaceStateEventArgs e)
    {
        if (sender is Runspace runspace && e.RunspaceStateInfo.State is RunspaceState.Closed or RunspaceState.Closing or RunspaceState.Broken)
        {
            CloseAll((Runspace)sender!);
        }
    }
}
