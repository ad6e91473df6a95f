using System.Text.RegularExpressions;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>The schema of an entry of <c>images:</c>.</summary>
internal static partial class ImageBinder
{
    private static readonly string[] Sources = ["path", "recipe"];

    private const string ExpectedPath = "the path of an image's directory, relative to the spec file";
    private const string ExpectedDigest = "'sha256:' and 64 lower-case hexadecimal digits, as Get-LightVMImage shows them";
    private const string ExpectedRecipe = "the path of a recipe file, relative to the spec file, or a mapping with its keys";

    /// <summary>Null where the entry has no name, or neither path nor recipe; then there is a finding.</summary>
    public static ImageSpec? Bind(YamlNode node, string path, string specDirectory, FindingList findings)
    {
        if (ObjectReader.Open(node, "an image", path, SpecKeys.Image, findings) is not { } reader)
        {
            return null;
        }

        string? name = reader.Name("name");
        string? directory = FilePath(reader, "path", ExpectedPath);
        bool isInline = reader.Value("recipe") is YamlMapping;
        string? digest = reader.String("digest", ExpectedDigest);
        if (digest is not null && !DigestForm().IsMatch(digest))
        {
            reader.Bad("digest", $"'{YamlScalar.Show(digest)}' is not a digest", ExpectedDigest);
            digest = null;
        }

        string? file = isInline ? null : FilePath(reader, "recipe", ExpectedRecipe);
        RecipeSpec? recipe = isInline ? RecipeBinder.Bind(reader.Value("recipe")!, $"{path}.recipe", specDirectory, findings) : null;
        string[] given = [.. Sources.Where(reader.Marks.ContainsKey)];
        if (given.Length != 1)
        {
            findings.Add(reader.Mark, path, given.Length == 0 ? "an image with neither path nor recipe" : "an image with both path and recipe", "one of path and recipe");
            return null;
        }

        return name is null || (directory is null && file is null && recipe is null)
            ? null
            : new ImageSpec
            {
                Name = name,
                NameMark = reader.MarkOf("name"),
                Path = directory,
                PathMark = reader.MarkOf(given[0]),
                Directory = directory is null ? "" : Path.GetFullPath(directory, specDirectory),
                RecipePath = file,
                Recipe = recipe,
                Pinned = digest,
                PinnedMark = reader.MarkOf("digest"),
                Place = path,
            };
    }

    [GeneratedRegex(ImageSpec.DigestPattern)]
    private static partial Regex DigestForm();

    private static string? FilePath(ObjectReader reader, string key, string expected)
    {
        string? path = reader.String(key, expected);
        if (path is not null && (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)))
        {
            reader.Bad(key, path.Length == 0 ? $"'{key}' is empty" : $"'{key}' has a zero character", expected);
            return null;
        }

        return path;
    }
}
