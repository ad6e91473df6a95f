namespace LightVM.Toolstack;

/// <summary>
/// Who is told what lightvm-io says. All calls come on its receiving thread, in the order of the packets, and must be short.
/// Ids and domain numbers are what that process says: they need not exist.
/// </summary>
internal interface IDataPlaneClient
{
    void OnFirstEvent(Guid id, uint domain, long timestamp);

    void OnConsole(Guid id, uint domain);

    void OnEnded(Guid id, uint domain);

    void OnFault(Guid id, uint domain, string text);

    void OnDevice(Guid id, uint domain, DeviceKey device, DeviceStatus status);

    /// <summary>Connected anew: whatever is not attached is to be, before this returns. Comes on the connecting thread.</summary>
    /// <param name="attached">What lightvm-io holds.</param>
    void OnConnected(IReadOnlyList<(Guid Id, uint Domain)> attached);

    void OnLost();
}
