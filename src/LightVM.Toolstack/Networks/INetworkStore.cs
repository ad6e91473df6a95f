namespace LightVM.Toolstack;

/// <summary>Where networks are remembered across the daemon's lives. May be called on any thread.</summary>
public interface INetworkStore
{
    /// <summary>Everything saved and not deleted. Called once, at start.</summary>
    IReadOnlyList<NetworkRecord> LoadNetworks();

    /// <summary>Saves a record over the one of the same name. Returns when it would outlive kill -9 of this process.</summary>
    void SaveNetwork(NetworkRecord record);

    /// <summary>Forgets a record, as durably; a name that is not there is no error.</summary>
    void DeleteNetwork(string name);
}
