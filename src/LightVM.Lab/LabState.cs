using LightVM.Lab.Host;

namespace LightVM.Lab;

/// <summary>A lab as it was started, kept in out/lab/NAME/state.json.</summary>
public sealed record LabState
{
    /// <summary>The lab's name.</summary>
    public required string Name { get; init; }

    /// <summary>The checkout that it belongs to.</summary>
    public required string Root { get; init; }

    /// <summary>How far it is.</summary>
    public required LabPhase Phase { get; init; }

    /// <summary>QEMU's process.</summary>
    public required int Pid { get; init; }

    /// <summary>When that process started, in clock ticks since the machine's boot: tells it from a later one with its number.</summary>
    public required long PidStartTicks { get; init; }

    /// <summary>The machine's boot in which it was started.</summary>
    public required string BootId { get; init; }

    /// <summary>The port on 127.0.0.1 where dom0's sshd answers.</summary>
    public required int SshPort { get; init; }

    /// <summary>A configuration for ssh -F in which the host `lab` is dom0.</summary>
    public required string SshConfigFile { get; init; }

    /// <summary>The private key that dom0's root accepts.</summary>
    public required string IdentityFile { get; init; }

    /// <summary>The socket of the open ssh connection that commands share.</summary>
    public required string ControlSocket { get; init; }

    /// <summary>How QEMU runs the processors.</summary>
    public required LabAccelerator Accelerator { get; init; }

    /// <summary>The Xen host's processors.</summary>
    public required int Cpus { get; init; }

    /// <summary>The Xen host's memory in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>dom0's memory in bytes; null if dom0 was given all.</summary>
    public long? Dom0MemoryBytes { get; init; }

    /// <summary>When QEMU was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took from there until dom0 answered; null until then.</summary>
    public double? BootSeconds { get; init; }

    /// <summary>What Xen and dom0 wrote to the serial port.</summary>
    public required string LogFile { get; init; }

    /// <summary>What QEMU itself wrote.</summary>
    public required string QemuLogFile { get; init; }

    /// <summary>A fingerprint of the host package as it was installed; null if none was.</summary>
    public string? HostPackage { get; init; }

    /// <summary>Whether the process is still the one that was started.</summary>
    internal bool IsAlive => BootId == MachineProcess.BootId && MachineProcess.StartTicks(Pid) == PidStartTicks;
}
