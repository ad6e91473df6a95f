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

        return Stamp(await connection.SendAsync(
            HttpMethod.Put,
            Path(image.Manifest.Name) + (force ? "?force=true" : "?force=false"),
            image.Manifest,
            LightVMJson.Default.ImageManifest,
            LightVMJson.Default.Image,
            cancellationToken).ConfigureAwait(false));
    }

    /// <exception cref="LightVMException">ImageNotFound, ImageInUse.</exception>
    public Task RemoveAsync(string name, CancellationToken cancellationToken = default) =>
        connection.SendAsync(HttpMethod.Delete, Path(name), cancellationToken);

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
