namespace LightVM.Toolstack;

/// <summary>How lightvm-io says that a device is.</summary>
/// <param name="Reachable">Of an adapter: it has answered an ARP request since it connected.</param>
internal readonly record struct DeviceStatus(NoxsState State, bool Reachable);
