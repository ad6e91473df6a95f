namespace LightVM.Toolstack;

/// <summary>An image ready to be built from. Its files are mapped at first use.</summary>
internal sealed class LoadedImage
{
    private readonly Lazy<MappedBlob> _kernel;
    private readonly Lazy<MappedBlob>? _ramdisk;
    private readonly Lazy<bool> _canPv;

    public LoadedImage(StoredImage stored, BlobFiles blobs)
    {
        Stored = stored;
        ImageManifest manifest = stored.Manifest;
        _kernel = new(() => blobs.Map(stored.UnpackedKernel ?? manifest.Kernel.Digest));
        _ramdisk = manifest.Ramdisk is null ? null : new(() => blobs.Map(manifest.Ramdisk.Digest));
        _canPv = new(HasPvEntry);
        Public = new Image
        {
            Name = manifest.Name,
            Digest = stored.Digest,
            Kind = manifest.Kind,
            Size = manifest.Kernel.Size + (manifest.Ramdisk?.Size ?? 0),
            MinimumMemory = Math.Max(manifest.MinimumMemory, GuestRules.LeastMemory),
            CommandLine = manifest.CommandLine,
            ShutdownHandler = manifest.ShutdownHandler,
            Network = manifest.Network,
            Description = manifest.Description,
            Packages = manifest.Packages,
            Ports = manifest.Ports,
            ImportTime = stored.ImportTime,
        };
    }

    public StoredImage Stored { get; }

    public Image Public { get; }

    /// <summary>Whether it is a Linux kernel, and not a unikernel.</summary>
    public bool IsLinux => Stored.Manifest.Kind == "linux";

    /// <summary>Whether it runs as a PV guest; a kernel that does not runs as PVH.</summary>
    public bool CanPv => !IsLinux || _canPv.Value;

    /// <summary>An ELF, whatever the image was imported with.</summary>
    public MappedBlob Kernel => _kernel.Value;

    public MappedBlob? Ramdisk => _ramdisk?.Value;

    private unsafe bool HasPvEntry() => ElfImage.HasNote(new ReadOnlySpan<byte>(Kernel.Start, (int)Kernel.Size), ElfImage.PvEntryNote);
}
