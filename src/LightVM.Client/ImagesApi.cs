namespace LightVM.Client;

/// <summary>/v1/images and /v1/blobs.</summary>
public sealed class ImagesApi
{
    private readonly HostConnection connection;

    internal ImagesApi(HostConnection connection) => this.connection = connection;

    public async Task<IReadOnlyList<Image>> ListAsync(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<Image> images = await connection.GetAsync(
            "v1/images", LightVMJson.Default.IReadOnlyListImage, cancellationToken).ConfigureAwait(false);
        foreach (Image image in images)
        {
            image.HostName = connection.HostName;
        }

        return images;
    }

    /// <exception cref="LightVMException">ImageNotFound.</exception>
    public async Task<Image> GetAsync(string name, CancellationToken cancellationToken = default) =>
        Stamp(await connection.GetAsync(Path(name), LightVMJson.Default.Image, cancellationToken).ConfigureAwait(false));

    /// <summary>The image, or null if the host has none of that name.</summary>
    public async Task<Image?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            return await GetAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (LightVMException e) when (e.Problem.Code == ErrorCodes.ImageNotFound)
        {
            return null;
        }
    }

    /// <summary>Reads and verifies an image directory, then sends the host what it has not got of it.</summary>
    /// <exception cref="LightVMException">ImageInvalid (here or on the host), ImageExists.</exception>
    public async Task<Image> ImportAsync(string directory, bool force = false, CancellationToken cancellationToken = default)
    {
        ImageDirectory image = await ImageDirectory.ReadAsync(directory, cancellationToken).ConfigureAwait(false);
        return await ImportAsync(image, force, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the host what it has not got of a verified image.</summary>
    /// <exception cref="LightVMException">ImageInvalid, ImageExists.</exception>
    public async Task<Image> ImportAsync(ImageDirectory image, bool force = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        foreach ((string path, ImageFile file) in image.Files)
        {
            string blob = "v1/blobs/" + Uri.EscapeDataString(file.Digest);
            if (!await connection.ExistsAsync(blob, cancellationToken).ConfigureAwait(false))
            {
                await connection.UploadAsync(blob, path, cancellationToken).ConfigureAwait(false);
            }
        }

        return await DefineAsync(image.Manifest, force, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What an image is made of, by its digest, also of one that has lost its name.</summary>
    /// <exception cref="LightVMException">ImageNotFound.</exception>
    public Task<ImageManifest> GetManifestAsync(string digest, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(digest);
        return connection.GetAsync("v1/manifests/" + Uri.EscapeDataString(digest), LightVMJson.Default.ImageManifest, cancellationToken);
    }

    /// <summary>Has an image's name point to files that the host holds.</summary>
    /// <exception cref="LightVMException">ImageInvalid: it does not hold them; ImageExists.</exception>
    public Task<Image> DefineAsync(ImageManifest manifest, bool force = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return PutAsync(manifest.Name, manifest, force, cancellationToken);
    }

    /// <summary>Brings an image here from another host, whatever its name points to there by now; bytes go through this process, unbuffered.</summary>
    /// <exception cref="LightVMException">ImageNotFound (there), ImageExists, ImageInvalid.</exception>
    public async Task<Image> CopyAsync(ImagesApi other, string name, string digest, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(other);
        ImageManifest manifest = await other.GetManifestAsync(digest, cancellationToken).ConfigureAwait(false);
        foreach (ImageFile file in manifest.Ramdisk is { } ramdisk ? [manifest.Kernel, ramdisk] : new[] { manifest.Kernel })
        {
            string blob = "v1/blobs/" + Uri.EscapeDataString(file.Digest);
            if (!await connection.ExistsAsync(blob, cancellationToken).ConfigureAwait(false))
            {
                await CopyBlobAsync(other.connection, blob, cancellationToken).ConfigureAwait(false);
            }
        }

        return await PutAsync(name, manifest, force: false, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="LightVMException">ImageNotFound, ImageInUse.</exception>
    public Task RemoveAsync(string name, CancellationToken cancellationToken = default) =>
        connection.SendAsync(HttpMethod.Delete, Path(name), cancellationToken);

    private async Task<Image> PutAsync(string name, ImageManifest manifest, bool force, CancellationToken cancellationToken) => Stamp(await connection.SendAsync(
        HttpMethod.Put, Path(name) + (force ? "?force=true" : "?force=false"), manifest, LightVMJson.Default.ImageManifest, LightVMJson.Default.Image,
        cancellationToken).ConfigureAwait(false));

    private async Task CopyBlobAsync(HostConnection from, string blob, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage content = await from.OpenAsync(blob, cancellationToken).ConfigureAwait(false);
            using Stream bytes = await content.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await connection.UploadAsync(blob, bytes, content.Content.Headers.ContentLength, cancellationToken).ConfigureAwait(false);
        }
        catch (ConnectionLostException e)
        {
            throw e.ToLightVMException();
        }
    }

    private static string Path(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return "v1/images/" + Uri.EscapeDataString(name);
    }

    private Image Stamp(Image image)
    {
        image.HostName = connection.HostName;
        return image;
    }
}
