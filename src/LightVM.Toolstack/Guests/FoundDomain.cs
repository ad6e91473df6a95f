using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>A domain that Xen has, as far as adoption asks.</summary>
internal readonly record struct FoundDomain(uint DomainId, DomainFlags Flags, ShutdownReason Reason)
{
    public bool IsDown => (Flags & DomainFlags.Shutdown) != 0;

    public bool IsDying => (Flags & DomainFlags.Dying) != 0;

    public bool IsPaused => (Flags & DomainFlags.Paused) != 0;

    public static FoundDomain From(in DomainInfo info) => new(info.DomainId, info.Flags, info.ShutdownReason);
}
