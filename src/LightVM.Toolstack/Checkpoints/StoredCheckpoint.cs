namespace LightVM.Toolstack;

/// <summary>A checkpoint that lies on this host, whole. Immutable.</summary>
internal sealed record StoredCheckpoint
{
    public required string Name { get; init; }

    /// <summary>Its file's name without the extension: the name, and what makes it unique (another may have had that name before).</summary>
    public required string Stem { get; init; }

    public required CheckpointHeader Header { get; init; }

    /// <summary>Bytes of its file and its copies of disks.</summary>
    public long Size { get; init; }

    /// <summary>Nobody named it: it goes with what it was made for.</summary>
    public bool Automatic { get; init; }

    /// <summary>The name in a stem: names have no dots.</summary>
    public static string? NameOf(string? stem) => stem?.Split('.')[0];

    /// <param name="inUse">Whether a guest is Saved in it.</param>
    public Checkpoint ToCheckpoint(bool inUse) => new()
    {
        Name = Name,
        GuestName = Header.Guest.Name,
        GuestId = Header.Guest.Id,
        Image = Header.Guest.Image,
        ImageDigest = Header.Guest.ImageDigest,
        Type = Header.Guest.Type,
        Memory = Header.Guest.Memory,
        Size = Size,
        CreationTime = Header.CreationTime,
        HasDisks = Header.Disks.Any(disk => !disk.ReadOnly),
        HasDiskCopies = Header.Disks.Any(disk => !disk.ReadOnly) && Header.Disks.All(disk => disk.ReadOnly || disk.Copied),
        MissingDisks = Header.MissingDisks(),
        InUse = inUse,
        Automatic = Automatic,
    };
}
