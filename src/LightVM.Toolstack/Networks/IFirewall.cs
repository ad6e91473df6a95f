namespace LightVM.Toolstack;

/// <summary>The rules of the host that networks need. Calls may come on any thread; each is in force when it returns.</summary>
internal interface IFirewall
{
    /// <summary>
    /// Makes the rules as a whole, with the ports that were added before, by a thread of its own: calls that come meanwhile wait.
    /// Until then ports are only remembered. What fails is logged, and tried again by the next call.
    /// </summary>
    void Start(IReadOnlyCollection<NetworkRecord> networks);

    /// <summary>Waits until rules are there, be they of an earlier lightvmd's making, or could not be made. Bounded.</summary>
    void WaitUntilTried();

    /// <summary>The networks with a TAP; replaces those said before.</summary>
    /// <exception cref="LightVMException">InternalError, FeatureMissing: what the host lacks.</exception>
    void SetNetworks(IReadOnlyCollection<NetworkRecord> networks);

    /// <summary>Adds and removes published ports, in one step.</summary>
    void ChangePorts(IReadOnlyCollection<PortRule> added, IReadOnlyCollection<PortRule> removed);
}
