namespace LightVM.Toolstack;

/// <summary>enum io_type of io.h.</summary>
internal enum IoType : ushort
{
    Hello = 1,
    Attach = 2,
    Detach = 3,
    List = 4,
    Shutdown = 5,
    Follow = 6,
    Network = 7,
    NetworkRemove = 8,
    Net = 9,
    Block = 10,
    DeviceRemove = 11,
    Counters = 12,
    Input = 13,
    Window = 14,
    Devices = 15,
    Result = 64,
    Attached = 65,
    FirstEvent = 66,
    Console = 67,
    Ended = 68,
    Acknowledged = 69,
    Fault = 70,
    DeviceState = 71,
    Counted = 72,
}
