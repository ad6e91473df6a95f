namespace LightVM.Reconcile;

/// <summary>What a spec referred to when it was applied, as the host has kept it.</summary>
/// <param name="revision">With its spec.</param>
/// <param name="manifest">Reads the manifest of an image that the host keeps, by its digest.</param>
internal sealed class RevisionSource(FleetRevision revision, Func<string, CancellationToken, Task<ImageManifest>> manifest) : ISpecSource
{
    public bool HasAllImages => true;

    public Task<byte[]> ReadFileAsync(string path, CancellationToken cancellationToken) =>
        revision.Spec!.Files.TryGetValue(path, out byte[]? content) ? Task.FromResult(content)
            : throw new IOException($"{path} was not kept with revision {revision.Revision}");

    public Task<ImageManifest> ReadImageAsync(ImageSpec image, CancellationToken cancellationToken) =>
        revision.Images.TryGetValue(image.Name, out string? digest) ? manifest(digest, cancellationToken)
            : throw new LightVMException(ErrorCodes.ImageNotFound, $"Image '{image.Name}' was not kept with revision {revision.Revision}.", image.Name);
}
