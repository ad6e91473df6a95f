using System.Text.Json.Serialization;

namespace LightVM;

/// <summary>The memory of a guest, saved on a host, with what the guest is. What <c>Get-LightVMCheckpoint</c> writes.</summary>
public sealed class Checkpoint
{
    /// <summary>Unique on its host.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the guest that was saved.</summary>
    [JsonPropertyName("guest")]
    public required string GuestName { get; init; }

    public required Guid GuestId { get; init; }

    /// <summary>Name of the image that the guest was made from.</summary>
    public required string Image { get; init; }

    /// <summary>Digest of that image: <c>sha256:…</c>.</summary>
    public required string ImageDigest { get; init; }

    public GuestType Type { get; init; }

    /// <summary>Bytes, of the guest.</summary>
    public long Memory { get; init; }

    /// <summary>Bytes that it takes on its host, copies of disks included.</summary>
    public long Size { get; init; }

    /// <summary>When the guest was suspended for it.</summary>
    public DateTimeOffset CreationTime { get; init; }

    /// <summary>Whether the guest has disks that it could write to.</summary>
    public bool HasDisks { get; init; }

    /// <summary>Whether it has copies of all those disks: then memory and disks are of one moment.</summary>
    public bool HasDiskCopies { get; init; }

    /// <summary>Paths of disks that went on without it; it can be restored while they are as they were.</summary>
    public IReadOnlyList<string> MissingDisks { get; set; } = [];

    /// <summary>Whether a guest is Saved in it.</summary>
    public bool InUse { get; init; }

    /// <summary>Nobody named it: it goes when its guest runs again, is turned off or removed.</summary>
    public bool Automatic { get; init; }

    /// <summary>The host it lies on, as this session names it. Set by the client.</summary>
    public string? HostName { get; set; }

    public override string ToString() => Name;
}
