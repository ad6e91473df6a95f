namespace LightVM;

/// <summary>POST /v1/checkpoints/restore: brings guests back, each from one checkpoint.</summary>
public sealed class RestoreGuestsRequest
{
    /// <summary>Names of checkpoints.</summary>
    public required IReadOnlyList<string> Checkpoints { get; init; }

    /// <summary>Restores although disks have changed since, or the guest is saved in another checkpoint, which is given up.</summary>
    public bool Force { get; init; }
}
