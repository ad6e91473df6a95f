namespace LightVM.Toolstack;

/// <summary>enum noxs_state of noxs.h: how a back-end is.</summary>
internal enum NoxsState : uint
{
    Unknown = 0,
    Initialising = 1,
    InitWait = 2,
    Initialised = 3,
    Connected = 4,
    Closing = 5,
    Closed = 6,
}
