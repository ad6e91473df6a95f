namespace LightVM.Tinyx;

/// <summary>One installed package, as /var/lib/dpkg/status tells of it.</summary>
/// <param name="Name">Without its architecture.</param>
/// <param name="Version">Debian's whole version.</param>
/// <param name="Architecture">amd64 or all.</param>
/// <param name="MultiArchSame">Whether its lists are named <c>NAME:ARCHITECTURE</c>.</param>
/// <param name="Depends">Names that it depends on, alternatives flattened.</param>
/// <param name="Provides">Names that it also answers to.</param>
internal sealed record DebianPackage(string Name, string Version, string Architecture, bool MultiArchSame, IReadOnlyList<string> Depends, IReadOnlyList<string> Provides)
{
    /// <summary>Where dpkg lists its files, below /.</summary>
    public string FileList => $"var/lib/dpkg/info/{Name}{(MultiArchSame ? ":" + Architecture : "")}.list";
}
