using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>The schema of an entry of <c>images:</c>.</summary>
internal static class ImageBinder
{
    /// <summary>Null where the entry has no name or path; then there is a finding.</summary>
    public static ImageSpec? Bind(YamlNode node, string path, string specDirectory, FindingList findings)
    {
        if (ObjectReader.Open(node, "an image", path, SpecKeys.Image, findings) is not { } reader)
        {
            return null;
        }

        const string expectedPath = "the path of an image's directory, relative to the spec file";
        string? name = reader.Name("name");
        string? directory = reader.String("path", expectedPath);
        if (directory is not null && (directory.Length == 0 || directory.Contains('\0', StringComparison.Ordinal)))
        {
            reader.Bad("path", directory.Length == 0 ? "'path' is empty" : "'path' has a zero character", expectedPath);
            directory = null;
        }

        return name is null || directory is null
            ? null
            : new ImageSpec
            {
                Name = name,
                NameMark = reader.MarkOf("name"),
                Path = directory,
                PathMark = reader.MarkOf("path"),
                Directory = Path.GetFullPath(directory, specDirectory),
                Place = path,
            };
    }
}
