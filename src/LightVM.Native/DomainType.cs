namespace LightVM.Native;

/// <summary>enum lightvm_guest_type: how a guest runs on Xen.</summary>
public enum DomainType
{
    Pv = 0,

    /// <summary>Stock kernels with a PHYS32_ENTRY note, on a host with hardware virtualisation.</summary>
    Pvh = 1,
}
