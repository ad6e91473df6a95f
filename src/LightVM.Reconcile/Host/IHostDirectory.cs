namespace LightVM.Reconcile;

/// <summary>How the hosts of a spec are reached.</summary>
public interface IHostDirectory
{
    /// <summary>A host; nothing is asked of it yet. The same host each time, so that there is one connection to it.</summary>
    /// <param name="name">What the spec calls it, and so what it is to call itself.</param>
    /// <param name="address">As the spec gives it, or as a daemon has recorded it.</param>
    /// <param name="isRecorded">Whether the address comes from a daemon, not from the spec: it is not to be trusted like one's own.</param>
    /// <exception cref="LightVMException">InvalidArgument: the address names no host.</exception>
    IReconcileHost Open(string name, string address, bool isRecorded);
}
