namespace LightVM.Lab;

/// <summary>How QEMU runs the lab's processors.</summary>
public enum LabAccelerator
{
    /// <summary>Emulation: works on every machine.</summary>
    Tcg,

    /// <summary>Hardware virtualization through /dev/kvm: used only where a boot under it has been seen to succeed.</summary>
    Kvm,
}
