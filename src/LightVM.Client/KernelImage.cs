using System.Security.Cryptography;
using System.Text;

namespace LightVM.Client;

/// <summary>An image made of a kernel's file, and perhaps a ramdisk's, under a name that is made of what is in them.</summary>
public static class KernelImage
{
    /// <summary>What the names of such images begin with.</summary>
    public const string NamePrefix = "kernel-";

    private const int Page = 4096;
    private const int NameDigits = 16;
    private const long LargestKernel = int.MaxValue;

    /// <param name="kernel">Path of the kernel.</param>
    /// <param name="ramdisk">Path of the ramdisk, or null.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="LightVMException">ImageInvalid: a file cannot be read, or is none.</exception>
    public static async Task<ImageDirectory> ReadAsync(string kernel, string? ramdisk, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(kernel);
        (ImageFile kernelFile, byte[] bytes) = await ReadFileAsync(kernel, "kernel", cancellationToken).ConfigureAwait(false);
        KernelFile known = KernelFile.Read(bytes);
        ImageFile? ramdiskFile = ramdisk is null ? null : (await ReadFileAsync(ramdisk, "ramdisk", cancellationToken).ConfigureAwait(false)).File;
        string content = $"{known.Kind} {kernelFile.Digest} {ramdiskFile?.Digest}";
        long memory = known.Memory + (ramdiskFile?.Size ?? 0);
        var manifest = new ImageManifest
        {
            Name = NamePrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(content)))[..NameDigits],
            Kind = known.Kind,
            Kernel = kernelFile,
            Ramdisk = ramdiskFile,
            MinimumMemory = (memory + Page - 1) / Page * Page,
            ShutdownHandler = true,

            // A stock kernel has drivers for all that it is offered; a unikernel has what its makers put in.
            Network = known.Kind == "linux",
            Description = $"made of {Path.GetFileName(kernel)}{(ramdisk is null ? "" : $" and {Path.GetFileName(ramdisk)}")}",
        };
        var files = new List<(string, ImageFile)> { (Path.GetFullPath(kernel), kernelFile) };
        if (ramdiskFile is not null && ramdiskFile.Digest != kernelFile.Digest)
        {
            files.Add((Path.GetFullPath(ramdisk!), ramdiskFile));
        }

        return ImageDirectory.Of(Path.GetDirectoryName(Path.GetFullPath(kernel))!, manifest, files);
    }

    /// <summary>Bytes for a guest of it when nothing is said: a Linux needs more than the room that its files take.</summary>
    public static long DefaultMemory(ImageManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        const long megabyte = 1L << 20;
        return manifest.Kind == "linux"
            ? ((manifest.MinimumMemory + (3 * (manifest.Ramdisk?.Size ?? 0)) + (96 * megabyte)) / megabyte) * megabyte
            : 0;
    }

    private static async Task<(ImageFile File, byte[] Bytes)> ReadFileAsync(string path, string what, CancellationToken cancellationToken)
    {
        try
        {
            var info = new FileInfo(path);
            if (info is { Exists: true, Length: 0 or > LargestKernel })
            {
                throw Invalid(path, $"The {what} {path} has {info.Length:N0} bytes.");
            }

            byte[] bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
            return (new ImageFile { File = what, Size = bytes.Length, Digest = digest }, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Invalid(path, $"The {what} {path} cannot be read: {e.Message}", e);
        }
    }

    private static LightVMException Invalid(string path, string detail, Exception? inner = null) =>
        new(ErrorCodes.ImageInvalid, detail, path, "Check the path; nothing was sent to the host.", inner);
}
