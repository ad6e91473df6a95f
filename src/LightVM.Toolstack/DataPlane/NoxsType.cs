namespace LightVM.Toolstack;

/// <summary>enum noxs_type of noxs.h, as far as lightvmd speaks of devices.</summary>
internal enum NoxsType : ushort
{
    None = 0,
    Net = 3,
    Block = 4,
}
