namespace LightVM;

/// <summary>A package that an image has files of, in the words of SPDX.</summary>
public sealed class ImagePackage
{
    public required string Name { get; init; }

    /// <summary>The whole version, as the distribution writes it.</summary>
    public required string VersionInfo { get; init; }

    /// <summary>A package URL: <c>pkg:deb/debian/nginx@1.22.1-9?arch=amd64</c>.</summary>
    public required string Purl { get; init; }

    /// <summary>One of Debian's.</summary>
    public static ImagePackage OfDebian(string name, string version, string architecture) => new()
    {
        Name = name,
        VersionInfo = version,
        Purl = $"pkg:deb/debian/{Uri.EscapeDataString(name)}@{Uri.EscapeDataString(version)}?arch={architecture}&distro=bookworm",
    };

    public override string ToString() => $"{Name} {VersionInfo}";
}
