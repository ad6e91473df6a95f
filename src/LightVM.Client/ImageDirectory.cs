using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace LightVM.Client;

/// <summary>An image directory whose image.json and files have been read and verified.</summary>
public sealed partial class ImageDirectory
{
    public const string ManifestFile = "image.json";

    private const int LargestManifest = 1024 * 1024;
    private const long LargestFile = 4L * 1024 * 1024 * 1024;

    private ImageDirectory(string path, ImageManifest manifest, IReadOnlyList<(string Path, ImageFile File)> files)
    {
        Path = path;
        Manifest = manifest;
        Files = files;
    }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    public ImageManifest Manifest { get; }

    /// <summary>Its files with their absolute paths; each digest once.</summary>
    public IReadOnlyList<(string Path, ImageFile File)> Files { get; }

    /// <summary>One without an image.json, made of files that have just been read.</summary>
    internal static ImageDirectory Of(string path, ImageManifest manifest, IReadOnlyList<(string Path, ImageFile File)> files) => new(path, manifest, files);

    /// <summary>The same files as an image of another name.</summary>
    /// <param name="name">The other.</param>
    /// <param name="minimumMemory">Bytes; null: as it is.</param>
    public ImageDirectory As(string name, long? minimumMemory = null) => new(Path, Manifest.With(name, minimumMemory), Files);

    /// <exception cref="LightVMException">ImageNotFound: there is no such directory. ImageInvalid: it names the file and what is wrong with it.</exception>
    public static async Task<ImageDirectory> ReadAsync(string directory, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string root = System.IO.Path.GetFullPath(directory);
        if (File.Exists(root) && System.IO.Path.GetFileName(root) == ManifestFile)
        {
            root = System.IO.Path.GetDirectoryName(root)!;
        }

        if (!Directory.Exists(root))
        {
            throw new LightVMException(
                ErrorCodes.ImageNotFound,
                $"There is no image directory {root}.",
                directory,
                "Give the directory that holds image.json; ./build.sh build makes out/images/hello and out/images/noop.");
        }

        ImageManifest manifest = await ReadManifestAsync(root, cancellationToken).ConfigureAwait(false);
        CheckManifest(root, manifest);
        var files = new List<(string, ImageFile)>();
        foreach (ImageFile file in new[] { manifest.Kernel, manifest.Ramdisk }.OfType<ImageFile>())
        {
            string path = await VerifyAsync(root, file, cancellationToken).ConfigureAwait(false);
            if (!files.Exists(f => f.Item2.Digest == file.Digest))
            {
                files.Add((path, file));
            }
        }

        return new ImageDirectory(root, manifest, files);
    }

    private static async Task<ImageManifest> ReadManifestAsync(string root, CancellationToken cancellationToken)
    {
        string path = System.IO.Path.Combine(root, ManifestFile);
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                throw Invalid(root, $"{path} does not exist, so {root} is no image directory.");
            }

            if (info.Length > LargestManifest)
            {
                throw Invalid(root, $"{path} has {info.Length} bytes; a manifest has at most {LargestManifest}.");
            }

            byte[] json = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize(json, LightVMJson.Default.ImageManifest)
                ?? throw Invalid(root, $"{path} holds null in place of a manifest.");
        }
        catch (JsonException e)
        {
            string where = e.LineNumber is { } line ? $":{line + 1}:{(e.BytePositionInLine ?? 0) + 1}" : "";
            throw Invalid(root, $"{path}{where}: {FirstSentence(e.Message)}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Invalid(root, $"{path} cannot be read: {e.Message}", e);
        }
    }

    private static void CheckManifest(string root, ImageManifest manifest)
    {
        string path = System.IO.Path.Combine(root, ManifestFile);
        if (!NamePattern().IsMatch(manifest.Name))
        {
            throw Invalid(root, $"{path}: name '{manifest.Name}' is not lower-case letters, digits and - (at most 63, a letter or digit at both ends).");
        }

        if (manifest.Kind is not ("unikernel" or "linux"))
        {
            throw Invalid(root, $"{path}: kind '{manifest.Kind}' is neither unikernel nor linux.");
        }

        if (manifest.Kernel is null)
        {
            throw Invalid(root, $"{path}: kernel is missing.");
        }

        if (manifest.MinimumMemory < 0)
        {
            throw Invalid(root, $"{path}: minimumMemory {manifest.MinimumMemory} is negative.");
        }
    }

    private static async Task<string> VerifyAsync(string root, ImageFile file, CancellationToken cancellationToken)
    {
        string manifest = System.IO.Path.Combine(root, ManifestFile);
        if (string.IsNullOrEmpty(file.File) || file.File is "." or ".." || file.File.IndexOfAny(['/', '\\', '\0']) >= 0)
        {
            throw Invalid(root, $"{manifest}: file '{file.File}' is not the plain name of a file in the image's directory.");
        }

        if (!DigestPattern().IsMatch(file.Digest ?? ""))
        {
            throw Invalid(root, $"{manifest}: digest '{file.Digest}' of {file.File} is not sha256: and 64 lower-case hexadecimal digits.");
        }

        string path = System.IO.Path.Combine(root, file.File);
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                throw Invalid(root, $"{path} does not exist, but {ManifestFile} names it.");
            }

            // A link may not lead out of the directory: what is imported is what lies there.
            if (info.LinkTarget is not null && !IsInside(root, info.ResolveLinkTarget(returnFinalTarget: true)))
            {
                throw Invalid(root, $"{path} is a link that leaves the image's directory.");
            }

            FileStream stream = File.OpenRead(path);
            await using (stream.ConfigureAwait(false))
            {
                if (stream.Length != file.Size)
                {
                    throw Invalid(root, $"{path} has {stream.Length} bytes, {ManifestFile} says {file.Size}.");
                }

                if (stream.Length > LargestFile)
                {
                    throw Invalid(root, $"{path} has {stream.Length} bytes; a file of an image has at most {LargestFile}.");
                }

                string digest = "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
                if (digest != file.Digest)
                {
                    throw Invalid(root, $"{path} has the digest {digest}, {ManifestFile} says {file.Digest}.");
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Invalid(root, $"{path} cannot be read: {e.Message}", e);
        }

        return path;
    }

    private static bool IsInside(string root, FileSystemInfo? target)
    {
        string real = new DirectoryInfo(root).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? root;
        return target is not null
            && (target.FullName.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal)
                || target.FullName.StartsWith(real.TrimEnd('/') + "/", StringComparison.Ordinal));
    }

    // What System.Text.Json adds after its first sentence (Path, LineNumber) is said better in front.
    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }

    private static LightVMException Invalid(string target, string detail, Exception? inner = null) => new(
        ErrorCodes.ImageInvalid,
        detail,
        target,
        "Build or fetch the image again; nothing was sent to the host.",
        inner);

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}\z")]
    private static partial Regex DigestPattern();
}
