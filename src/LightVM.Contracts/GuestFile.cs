namespace LightVM;

/// <summary>A small file that a guest is given, read-only to it. All of a guest's together are at most <see cref="MaxTotal"/> bytes.</summary>
public sealed class GuestFile
{
    public const int MaxTotal = 1 << 20;

    /// <summary>Where the guest finds it: an absolute path, without <c>.</c> and <c>..</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Its bytes; base64 on the wire.</summary>
    public required byte[] Content { get; init; }

    /// <summary>Permission bits.</summary>
    public int Mode { get; set; } = 0x124; // 0444
}
