namespace LightVM.Native;

/// <summary>enum lightvm_domain_flags.</summary>
[Flags]
public enum DomainFlags : uint
{
    None = 0,
    Dying = 1 << 0,
    Shutdown = 1 << 1,
    Paused = 1 << 2,
    Blocked = 1 << 3,
    Running = 1 << 4,
    Hvm = 1 << 5,
}
