namespace LightVM.Reconcile;

/// <summary>References inside the file, second part: image directories, and what their images ask of guests.</summary>
internal static class ImageReferences
{
    public static async Task CheckAsync(FleetSpec spec, FindingList findings, ISpecSource source, CancellationToken cancellationToken)
    {
        foreach (ImageSpec image in spec.Images.Where(image => image.Path is not null || source.HasAllImages))
        {
            await CheckImageAsync(image, findings, source, cancellationToken).ConfigureAwait(false);
        }

        foreach (ImageSpec image in spec.Images.DistinctBy(image => image.Name, StringComparer.Ordinal))
        {
            CheckMemory(spec, image, findings);
        }
    }

    /// <summary>Whether the guests of an image have the memory that it needs, once that is known.</summary>
    public static void CheckMemory(FleetSpec spec, ImageSpec image, FindingList findings)
    {
        if (image.Manifest is not { } manifest)
        {
            return;
        }

        foreach (GuestSpec guest in spec.Guests.Where(guest => guest.Image == image.Name))
        {
            CheckMemory(guest, GuestShape.LeastMemory(manifest.MinimumMemory), findings);
        }
    }

    /// <summary>Whether a guest has the memory that its image needs.</summary>
    public static void CheckMemory(GuestSpec guest, long minimum, FindingList findings)
    {
        if (guest.Memory is { } memory && memory < minimum)
        {
            findings.Add(
                guest.MarkOf("memory"), $"{guest.Path}.memory", $"'memory' {SpecSize.Format(memory)} is too little for image '{guest.Image}'",
                $"at least {SpecSize.Format(minimum)}");
        }
    }

    private static async Task CheckImageAsync(ImageSpec image, FindingList findings, ISpecSource source, CancellationToken cancellationToken)
    {
        const string expected = "a directory with a valid image.json and its files, relative to the spec file";
        try
        {
            ImageManifest manifest = await source.ReadImageAsync(image, cancellationToken).ConfigureAwait(false);
            if (manifest.Name != image.Name)
            {
                findings.Add(
                    image.NameMark, $"{image.Place}.name", $"image '{image.Name}' calls itself '{manifest.Name}' in {image.Path}/image.json",
                    $"'{manifest.Name}', or the path of an image named '{image.Name}'");
                return;
            }

            image.Take(manifest, findings);
        }
        catch (LightVMException e) when (e.Problem.Code is ErrorCodes.ImageNotFound or ErrorCodes.ImageInvalid)
        {
            string what = e.Problem.Code == ErrorCodes.ImageNotFound && image.Path is not null
                ? $"image '{image.Name}': there is no directory '{image.Path}' ({image.Directory})"
                : $"image '{image.Name}': {e.Problem.Detail.TrimEnd('.')}";
            findings.Add(image.PathMark, image.SourcePlace, what, expected);
        }
    }
}
