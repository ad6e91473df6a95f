using LightVM.Client;

namespace LightVM.Reconcile;

/// <summary>This machine's files, as they are now.</summary>
internal sealed class LocalSource : ISpecSource
{
    public static LocalSource Instance { get; } = new();

    public bool HasAllImages => false;

    public async Task<byte[]> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: > GuestFile.MaxTotal } large
                ? throw new IOException($"{path} has {large.Length:N0} bytes")
                : await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"{path}: there is no such file", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path}: {e.Message}", e);
        }
    }

    public async Task<ImageManifest> ReadImageAsync(ImageSpec image, CancellationToken cancellationToken) =>
        (await ImageDirectory.ReadAsync(image.Directory, cancellationToken).ConfigureAwait(false)).Manifest;
}
