namespace LightVM.Toolstack;

/// <summary>
/// The host's images: content-addressed files (blobs), and manifests that name them. May be used from any thread. A crash
/// leaves an image whole or absent: files are written beside, synced, renamed.
/// </summary>
public sealed class ImageStore
{
    /// <param name="directory">Made if it is not there; only root may write below it.</param>
    public ImageStore(string directory) => Directory = directory;

    public string Directory { get; }

    /// <summary>The digest of an image: SHA-256 over its manifest as <see cref="LightVMJson"/> writes it.</summary>
    public static string DigestOf(ImageManifest manifest) => throw new NotImplementedException();

    /// <exception cref="LightVMException">InvalidArgument: not a digest.</exception>
    public bool HasBlob(string digest) => throw new NotImplementedException();

    /// <summary>Takes a file. False: it was there already (the stream is not read then).</summary>
    /// <exception cref="LightVMException">ImageInvalid: the bytes have another digest. InvalidArgument: not a digest.</exception>
    public Task<bool> PutBlobAsync(string digest, Stream content, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Defines image <paramref name="name"/> by files that are there. The same digest again changes nothing (Created false).
    /// </summary>
    /// <exception cref="LightVMException">ImageInvalid says what is wrong; ImageExists: another is there and not <paramref name="force"/>.</exception>
    public (Image Image, bool Created) Put(string name, ImageManifest manifest, bool force) => throw new NotImplementedException();

    /// <exception cref="LightVMException">ImageNotFound.</exception>
    public Image Get(string name) => throw new NotImplementedException();

    public IReadOnlyList<Image> List() => throw new NotImplementedException();

    /// <exception cref="LightVMException">ImageNotFound; ImageInUse names a guest that is defined by it.</exception>
    public void Delete(string name) => throw new NotImplementedException();
}
