namespace LightVM.Toolstack;

/// <summary>A file that a guest is given: its bytes are in <see cref="GuestFileStore"/>. Immutable.</summary>
public sealed record GuestFileRecord
{
    public required string Path { get; init; }

    /// <summary><c>sha256:…</c> of its bytes.</summary>
    public required string Digest { get; init; }

    public int Size { get; init; }

    /// <summary>Permission bits.</summary>
    public int Mode { get; init; }
}
