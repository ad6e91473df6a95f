namespace LightVM;

/// <summary>A lab of a checkout: a real Xen host in QEMU. What <c>Get-LightVMLab</c> writes.</summary>
public sealed class LabInfo
{
    public required string Name { get; init; }

    /// <summary>Up, Starting, Unreachable or Down.</summary>
    public required string State { get; init; }

    /// <summary>What this session calls its host, once it is connected.</summary>
    public string? HostName { get; init; }

    /// <summary>How it is reached: <c>ssh://lab?config=…</c>; LIGHTVM_HOST takes it.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Bytes.</summary>
    public long Memory { get; init; }

    public int CpuCount { get; init; }

    /// <summary>How QEMU runs the processors.</summary>
    public string? Accelerator { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    /// <summary>The checkout that it belongs to.</summary>
    public required string Path { get; init; }

    /// <summary>One line for people.</summary>
    public string Detail { get; init; } = "";

    public override string ToString() => Name;
}
