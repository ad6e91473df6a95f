namespace LightVM;

/// <summary>A disk of a guest. What <c>Get-LightVMDisk</c> writes.</summary>
public sealed class Disk
{
    /// <summary>From 0; stays while it is there. A stock Linux sees disk 0 as xvda, 1 as xvdb.</summary>
    public int Id { get; init; }

    public required string Path { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    public DeviceState State { get; init; }

    /// <summary>Null unless they were asked for.</summary>
    public DeviceCounters? Counters { get; init; }

    /// <summary>Set by the client.</summary>
    public string? GuestName { get; set; }

    /// <summary>Set by the client.</summary>
    public string? HostName { get; set; }

    public override string ToString() => Path;
}
