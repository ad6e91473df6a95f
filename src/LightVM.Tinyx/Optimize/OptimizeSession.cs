using LightVM.Client;

namespace LightVM.Tinyx;

/// <summary>Tries kernels with the rest of an image, on a host. Disposing it leaves nothing there.</summary>
/// <param name="image">The image.</param>
/// <param name="tests">What a guest of it has to do.</param>
/// <param name="disks">Whether its kernel has a driver for disks.</param>
/// <param name="work">A directory for what is tried.</param>
internal sealed class OptimizeSession(ImageDirectory image, ImageTests tests, bool disks, string work) : IAsyncDisposable
{
    // The image as it is lies on the host as long as this takes, so that its root file system is sent once.
    private ImageTrial? held;

    /// <returns>Null: it passes; else what it does not.</returns>
    public async Task<string?> TryAsync(string kernel, CancellationToken cancellationToken)
    {
        held ??= await ImageTrial.BeginAsync(tests.Client, image.Path, null, cancellationToken).ConfigureAwait(false);
        await FillAsync(kernel, cancellationToken).ConfigureAwait(false);
        ImageTrial trial = await ImageTrial.BeginAsync(tests.Client, work, null, cancellationToken).ConfigureAwait(false);
        await using (trial.ConfigureAwait(false))
        {
            return await trial.RunAsync(new ImageTrial.Guests(Patience: tests.Patience, Platform: true, Disks: disks), tests.Tests, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the image another kernel: image.json last, so that it names what is there.</summary>
    public async Task<ImageManifest> WriteAsync(string kernel, KernelOptions options, CancellationToken cancellationToken)
    {
        ImageManifest manifest = await FillAsync(kernel, cancellationToken).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(work, TinyxBuilder.OptionsFile), options.ToText(), cancellationToken).ConfigureAwait(false);
        foreach (string name in new[] { TinyxBuilder.KernelFile, TinyxBuilder.OptionsFile, ImageDirectory.ManifestFile })
        {
            string beside = Path.Combine(image.Path, $".{name}.new");
            File.Copy(Path.Combine(work, name), beside, overwrite: true);
            File.Move(beside, Path.Combine(image.Path, name), overwrite: true);
        }

        return manifest;
    }

    public async ValueTask DisposeAsync()
    {
        if (held is not null)
        {
            await held.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<ImageManifest> FillAsync(string kernel, CancellationToken cancellationToken)
    {
        File.Copy(kernel, Path.Combine(work, TinyxBuilder.KernelFile), overwrite: true);
        foreach ((string path, ImageFile file) in image.Files.Where(f => f.File.Digest != image.Manifest.Kernel.Digest && !File.Exists(Path.Combine(work, f.File.File))))
        {
            File.Copy(path, Path.Combine(work, file.File));
        }

        ImageManifest manifest = image.Manifest.With(kernel: TinyxBuilder.FileOf(work, TinyxBuilder.KernelFile));
        await TinyxBuilder.WriteManifestAsync(manifest, work, cancellationToken).ConfigureAwait(false);
        return manifest;
    }
}
