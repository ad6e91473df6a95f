namespace LightVM;

/// <summary>One file of an image.</summary>
public sealed class ImageFile
{
    /// <summary>Name inside the image's directory; no path.</summary>
    public required string File { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary><c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
    public required string Digest { get; init; }
}
