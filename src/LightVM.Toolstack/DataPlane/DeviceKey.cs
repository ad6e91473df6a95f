namespace LightVM.Toolstack;

/// <summary>Which device of a guest.</summary>
internal readonly record struct DeviceKey(NoxsType Type, ushort Id);
