namespace LightVM.Reconcile;

/// <summary>An entry of a guest's <c>disks:</c>.</summary>
public sealed record DiskSpec
{
    /// <summary>A file or block device of the host.</summary>
    public required string Path { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Bytes of a file that is made where there is none; 0: it must be there. Of one that is there it says nothing.</summary>
    public long Size { get; init; }

    public SourceMark Mark { get; init; }

    /// <summary>Its place in the document: <c>guests[0].disks[1]</c>.</summary>
    public string Place { get; init; } = "";
}
