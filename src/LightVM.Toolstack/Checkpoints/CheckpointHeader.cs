using System.Text.Json;

namespace LightVM.Toolstack;

/// <summary>What a checkpoint's file says in front of the memory: all that is needed to make its guest anew, on this host or another. Immutable.</summary>
internal sealed record CheckpointHeader
{
    /// <summary>As it was given on the host that made it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether somebody gave that name.</summary>
    public bool Automatic { get; init; }

    public DateTimeOffset CreationTime { get; init; }

    /// <summary>The host that made it.</summary>
    public string Host { get; init; } = "";

    public string XenVersion { get; init; } = "";

    /// <summary>Of lightvmd.</summary>
    public string Version { get; init; } = "";

    /// <summary>What the guest is, and how its domain was laid out; nothing of what became of it.</summary>
    public required GuestRecord Guest { get; init; }

    /// <summary>With their bytes: later starts of the guest need them.</summary>
    public IReadOnlyList<GuestFile> Files { get; init => field = value ?? []; } = [];

    public IReadOnlyList<DiskMark> Disks { get; init => field = value ?? []; } = [];

    /// <summary>Of a guest that is moved to another host: see <see cref="LightVM.Toolstack.MoveProof"/>. Null in a file.</summary>
    public string? MoveProof { get; init; }

    /// <summary>Disks that the guest could write to and that went on without the checkpoint.</summary>
    public IReadOnlyList<string> MissingDisks() => [.. Disks.Where(disk => !disk.ReadOnly && !disk.Copied).Select(disk => disk.Path)];

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, CheckpointJson.Default.CheckpointHeader);

    /// <summary>Reads and checks one, whoever wrote it.</summary>
    /// <exception cref="LightVMException">CheckpointInvalid.</exception>
    public static CheckpointHeader Parse(ReadOnlySpan<byte> json, string? target)
    {
        try
        {
            CheckpointHeader header = JsonSerializer.Deserialize(json, CheckpointJson.Default.CheckpointHeader)
                ?? throw CheckpointFormat.Invalid(target, "its header is null");
            CheckpointRules.Check(header, target);
            return header;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw CheckpointFormat.Invalid(target, $"its header is not understood: {e.Message}", e);
        }
    }
}
