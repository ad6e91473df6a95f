namespace LightVM;

/// <summary>An image that a host holds. What <c>Get-LightVMImage</c> writes.</summary>
public sealed class Image
{
    public required string Name { get; init; }

    /// <summary>Over the whole manifest, so over all its files: <c>sha256:…</c>.</summary>
    public required string Digest { get; init; }

    /// <summary>unikernel or linux.</summary>
    public required string Kind { get; init; }

    /// <summary>Bytes of all its files.</summary>
    public long Size { get; init; }

    /// <summary>Bytes; the smallest memory of a guest.</summary>
    public long MinimumMemory { get; init; }

    public string CommandLine { get; set; } = "";

    /// <summary>Whether a guest of it obeys a shutdown request; without, it is destroyed when it is to stop.</summary>
    public bool ShutdownHandler { get; init; }

    /// <summary>Whether a guest of it gets an adapter on the network <c>default</c> unless adapters are given.</summary>
    public bool Network { get; init; }

    public string? Description { get; init; }

    /// <summary>Of an image that was built of packages: those that it has files of.</summary>
    public IReadOnlyList<ImagePackage>? Packages { get; init; }

    /// <summary>Ports that its application listens at.</summary>
    public IReadOnlyList<int>? Ports { get; init; }

    public DateTimeOffset ImportTime { get; init; }

    /// <summary>Set by the client.</summary>
    public string? HostName { get; set; }

    public override string ToString() => Name;
}
