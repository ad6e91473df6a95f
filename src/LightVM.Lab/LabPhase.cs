namespace LightVM.Lab;

/// <summary>How far a lab is.</summary>
public enum LabPhase
{
    /// <summary>QEMU runs, dom0 does not answer yet.</summary>
    Booting,

    /// <summary>dom0 answers over ssh.</summary>
    Up,
}
