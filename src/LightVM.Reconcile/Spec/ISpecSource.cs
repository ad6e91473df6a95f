namespace LightVM.Reconcile;

/// <summary>Where what a spec refers to beside itself comes from.</summary>
internal interface ISpecSource
{
    /// <summary>Whether images are had by their names, wherever the spec says that they come from.</summary>
    bool HasAllImages { get; }

    /// <summary>The bytes of a file that a guest is given.</summary>
    /// <exception cref="IOException">It cannot be read; the message says why, for a finding.</exception>
    Task<byte[]> ReadFileAsync(string path, CancellationToken cancellationToken);

    /// <summary>The manifest of an entry of <c>images:</c>, whose files were verified.</summary>
    /// <exception cref="LightVMException">ImageNotFound, ImageInvalid.</exception>
    Task<ImageManifest> ReadImageAsync(ImageSpec image, CancellationToken cancellationToken);
}
