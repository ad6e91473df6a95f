namespace LightVM;

/// <summary>A Xen host. What <c>Get-LightVMHost</c> writes.</summary>
public sealed class Host
{
    /// <summary>As this session names it; on the wire the host's own name.</summary>
    public required string Name { get; set; }

    /// <summary>lightvmd's version.</summary>
    public required string Version { get; init; }

    /// <summary>What this daemon can do; a client that needs an absent one says so (FeatureMissing).</summary>
    public string[] Features { get; set; } = [];

    public string XenVersion { get; set; } = "";

    public string KernelVersion { get; set; } = "";

    public int CpuCount { get; init; }

    /// <summary>Bytes, of the machine.</summary>
    public long Memory { get; init; }

    /// <summary>Bytes that Xen can give to guests now.</summary>
    public long FreeMemory { get; init; }

    /// <summary>Bytes that further guests can have, once the pool's shells and dom0 have given up what they can.</summary>
    public long AvailableMemory { get; init; }

    public int GuestCount { get; init; }

    public int RunningCount { get; init; }

    /// <summary>Shells that the pool keeps ready.</summary>
    public int ShellCount { get; init; }

    /// <summary>Bytes that those take.</summary>
    public long ShellMemory { get; init; }

    /// <summary>Whether the data plane, lightvm-io, is connected.</summary>
    public bool DataPlane { get; init; }

    /// <summary>Whether ends of guests are learnt from VIRQ_DOM_EXC; otherwise xenstored holds it, and they are polled.</summary>
    public bool DomainEvents { get; init; }

    /// <summary>When the daemon started.</summary>
    public DateTimeOffset StartTime { get; init; }

    /// <summary>How this session reaches it: <c>unix:…</c>, <c>ssh://…</c>. Set by the client.</summary>
    public string? Endpoint { get; set; }

    public override string ToString() => Name;
}
