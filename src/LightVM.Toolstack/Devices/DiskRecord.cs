namespace LightVM.Toolstack;

/// <summary>What is remembered of a disk. Immutable.</summary>
public sealed record DiskRecord
{
    /// <summary>xvda of xen/io/blkif.h's numbering: major 202, 16 minors a disk.</summary>
    private const uint FirstNumber = 202 << 8;

    /// <summary>From 0; stays while it is there.</summary>
    public int Id { get; init; }

    /// <summary>Its control page in a guest with a device page, from 1.</summary>
    public int Slot { get; init; }

    /// <summary>An absolute path.</summary>
    public required string Path { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Bytes, when it was last opened.</summary>
    public long Size { get; init; }

    /// <summary>The virtual device as a stock Linux numbers it: disk 0 is xvda, 1 is xvdb.</summary>
    internal uint Number => FirstNumber + (16 * (uint)Id);
}
