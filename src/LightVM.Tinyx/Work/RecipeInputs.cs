using System.Globalization;
using System.Security.Cryptography;

namespace LightVM.Tinyx;

/// <summary>All that an image is made of, as one digest: the recipe's words, its files, what is installed, the kernel's source, and this library with its lists and scripts.</summary>
internal static class RecipeInputs
{
    private static string Library { get; } = typeof(RecipeInputs).Module.ModuleVersionId.ToString();

    /// <param name="recipe">Of an OCI image, with what that says.</param>
    /// <param name="installed">What lies below: the packages and their versions, or the layers.</param>
    /// <param name="kernel">Version of the kernel's source.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="LightVMException">InvalidArgument: a path of the recipe is not there, or cannot be read.</exception>
    public static async Task<string> KeyAsync(Recipe recipe, IEnumerable<string> installed, string kernel, CancellationToken cancellationToken)
    {
        List<string> parts = ["1", Library, kernel, .. Texts(recipe), "installed", .. installed];
        foreach (string path in recipe.Paths)
        {
            try
            {
                await AddAsync(parts, path, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new LightVMException(ErrorCodes.InvalidArgument, $"{path} cannot be read: {e.Message}", path, "Give files that you may read: -Path.", e);
            }
        }

        return BuildCache.Key(parts);
    }

    // Each list behind its name and length, so that no two recipes give the same.
    private static IEnumerable<string> Texts(Recipe recipe)
    {
        IEnumerable<string> List(string name, IEnumerable<string> texts)
        {
            string[] all = [.. texts];
            return [name, all.Length.ToString(CultureInfo.InvariantCulture), .. all];
        }

        return
        [
            recipe.Name, recipe.Command, recipe.User ?? "\0", recipe.WorkingDirectory, recipe.RestartCommand ? "restart" : "", recipe.Description ?? "\0",
            recipe.MinimumMemory?.ToString(CultureInfo.InvariantCulture) ?? "\0", Path.GetFileName(recipe.OciLayout?.TrimEnd('/')) ?? "\0",
            .. List("packages", recipe.Packages),
            .. List("environment", recipe.Environment.OrderBy(v => v.Key, StringComparer.Ordinal).SelectMany(v => new[] { v.Key, v.Value })),
            .. List("ports", recipe.Ports.Select(port => port.ToString(CultureInfo.InvariantCulture))),
            .. List("features", recipe.Features),
            .. List("keep", recipe.Keep),
            .. List("drop", recipe.Drop),
        ];
    }

    /// <summary>As <see cref="DebianRoot"/> takes them: names, kinds, permissions and contents; neither times nor owners.</summary>
    private static async Task AddAsync(List<string> parts, string path, CancellationToken cancellationToken)
    {
        parts.Add(Path.GetFileName(path.TrimEnd('/')));
        if (!Directory.Exists(path))
        {
            await AddFileAsync(parts, "", new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path, cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach (string inner in Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            await AddFileAsync(parts, Path.GetRelativePath(path, inner), inner, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task AddFileAsync(List<string> parts, string name, string file, CancellationToken cancellationToken)
    {
        FileStatus status = FileStatus.Of(file) ?? throw new LightVMException(ErrorCodes.InvalidArgument, $"There is no file {file}.", file, "Give a file or a directory: -Path.");
        parts.AddRange([name, status.Kind.ToString(), status.Permissions.ToString(CultureInfo.InvariantCulture)]);
        switch (status.Kind)
        {
            case FileKind.Link:
                parts.Add(new FileInfo(file).LinkTarget ?? "");
                break;
            case FileKind.File:
                FileStream stream = File.OpenRead(file);
                await using (stream.ConfigureAwait(false))
                {
                    parts.Add(Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false)));
                }

                break;
        }
    }
}
