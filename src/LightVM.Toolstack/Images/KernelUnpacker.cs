using System.Runtime.InteropServices;

namespace LightVM.Toolstack;

/// <summary>Gets the ELF out of a kernel that is packed, once, when its image is imported: guests are built from what comes out.</summary>
internal static unsafe class KernelUnpacker
{
    /// <param name="manifest">Its files are there.</param>
    /// <param name="blobs">Where they are, and where the ELF goes.</param>
    /// <param name="before">What came out of a kernel of this digest before, or null.</param>
    /// <returns>The ELF's digest; null: the kernel is no bzImage, and stands for itself.</returns>
    /// <exception cref="LightVMException">ImageInvalid: it cannot be unpacked.</exception>
    public static string? Unpack(ImageManifest manifest, BlobFiles blobs, Func<string, string?> before)
    {
        if (manifest.Kernel.Size == 0)
        {
            return null; // there is nothing to map
        }

        using var blob = new MappedBlob(blobs.PathOf(manifest.Kernel.Digest));
        var file = new ReadOnlySpan<byte>(blob.Start, (int)Math.Min(blob.Size, int.MaxValue));
        if (!BzImage.Is(file) || file.StartsWith("\u007fELF"u8))
        {
            return null;
        }

        if (before(manifest.Kernel.Digest) is { } known && blobs.Has(known))
        {
            return known;
        }

        string? fault = BzImage.Measure(file, out int size);
        if (fault is not null)
        {
            throw ImageCheck.InvalidKernel(manifest, fault);
        }

        // Not from the collected heap; what is never written costs nothing, so neither does a size that is a lie.
        void* memory = NativeMemory.Alloc((nuint)size);
        try
        {
            var target = new Span<byte>(memory, size);
            fault = BzImage.Unpack(file, target);
            return fault is null ? blobs.Put(target) : throw ImageCheck.InvalidKernel(manifest, fault);
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }
}
