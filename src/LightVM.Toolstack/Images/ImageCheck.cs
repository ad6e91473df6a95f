using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>Whether a manifest and its files make up an image that can be started.</summary>
internal static class ImageCheck
{
    private const string NeedsKernel = "Give it an ELF for x86-64 with Xen notes, or a Linux bzImage that has one in it.";

    private static readonly string[] Kinds = ["unikernel", "linux"];

    /// <summary>JSON can put null where the type does not.</summary>
    /// <exception cref="LightVMException">ImageInvalid.</exception>
    public static void CheckMembers(string name, ImageManifest manifest)
    {
        if (manifest.Kernel?.File is null || manifest.Kind is null || manifest.CommandLine is null ||
            manifest.Ramdisk is { File: null })
        {
            throw Invalid(name, "its image.json has null where a value is needed", "Give it kind, kernel (file, size, digest) and commandLine.");
        }
    }

    /// <summary>Whether its files are there.</summary>
    /// <exception cref="LightVMException">ImageInvalid.</exception>
    public static void CheckFiles(ImageManifest manifest, BlobFiles blobs)
    {
        CheckFile(manifest.Name, manifest.Kernel, blobs);
        if (manifest.Ramdisk is not null)
        {
            CheckFile(manifest.Name, manifest.Ramdisk, blobs);
        }
    }

    /// <param name="manifest">The image.</param>
    /// <param name="unpacked">Digest of the ELF that its kernel holds; null: it is an ELF itself.</param>
    /// <param name="blobs">Where its files are.</param>
    /// <exception cref="LightVMException">ImageInvalid says what is wrong.</exception>
    public static void Check(ImageManifest manifest, string? unpacked, BlobFiles blobs)
    {
        string name = manifest.Name;
        if (!Kinds.Contains(manifest.Kind))
        {
            throw Invalid(name, $"its kind '{manifest.Kind}' is not known", "Set kind to unikernel or linux in image.json.");
        }

        if (manifest.MinimumMemory < 0 || manifest.MinimumMemory % GuestRules.Page != 0)
        {
            throw Invalid(name, $"its minimumMemory of {manifest.MinimumMemory} is not a multiple of 4,096", "Correct minimumMemory in image.json.");
        }

        if (System.Text.Encoding.UTF8.GetByteCount(manifest.CommandLine) > GuestConfig.MaxCommandLine)
        {
            throw Invalid(name, $"its command line is longer than {GuestConfig.MaxCommandLine} bytes", "Shorten commandLine in image.json.");
        }

        if (manifest.CommandLine.Contains('\0', StringComparison.Ordinal))
        {
            throw Invalid(name, "its command line holds a NUL", "Remove it from commandLine in image.json.");
        }

        CheckFiles(manifest, blobs);
        CheckKernel(manifest, unpacked, blobs);
    }

    private static void CheckFile(string name, ImageFile file, BlobFiles blobs)
    {
        if (!BlobFiles.IsDigest(file.Digest))
        {
            throw Invalid(name, $"the digest '{file.Digest}' of '{file.File}' is none", "Write it as sha256: and 64 lower-case hexadecimal digits.");
        }

        var info = new FileInfo(blobs.PathOf(file.Digest));
        if (!info.Exists)
        {
            throw Invalid(name, $"its file '{file.File}' ({file.Digest}) is not on this host", "Send the files of the image first (PUT /v1/blobs/DIGEST).");
        }

        if (info.Length != file.Size)
        {
            throw Invalid(name, $"its file '{file.File}' has {info.Length} bytes, and image.json says {file.Size}", "Correct the size in image.json.");
        }
    }

    private static unsafe void CheckKernel(ImageManifest manifest, string? unpacked, BlobFiles blobs)
    {
        const int mostOfAnElf = int.MaxValue;
        string path = blobs.PathOf(unpacked ?? manifest.Kernel.Digest);
        long size = new FileInfo(path).Length;
        if (size is 0 or > mostOfAnElf)
        {
            throw InvalidKernel(manifest, $"has {size} bytes");
        }

        using var blob = new MappedBlob(path);
        var file = new ReadOnlySpan<byte>(blob.Start, (int)size);
        string? fault = ElfImage.Check(file, out long loaded) ?? (manifest.Kind == "linux" ? ElfImage.CheckLinux(file) : null);
        if (fault is not null)
        {
            throw InvalidKernel(manifest, fault);
        }

        long memory = Math.Max(manifest.MinimumMemory, GuestRules.LeastMemory);
        long needed = loaded + (manifest.Ramdisk?.Size ?? 0);
        if (needed > memory)
        {
            throw Invalid(
                manifest.Name,
                $"its kernel{(manifest.Ramdisk is null ? "" : " and ramdisk")} alone need {needed} bytes of memory, and its minimumMemory is {GuestRules.Size(memory)}",
                "Raise minimumMemory in image.json.");
        }
    }

    public static LightVMException InvalidKernel(ImageManifest manifest, string fault) =>
        Invalid(manifest.Name, $"its kernel '{manifest.Kernel.File}' {fault}", NeedsKernel);

    private static LightVMException Invalid(string name, string fault, string recommendation) =>
        new(ErrorCodes.ImageInvalid, $"Image '{name}' is not valid: {fault}.", name, recommendation);
}
