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
    Result = 64,
    Attached = 65,
    FirstEvent = 66,
    Console = 67,
    Ended = 68,
    Acknowledged = 69,
    Fault = 70,
}
