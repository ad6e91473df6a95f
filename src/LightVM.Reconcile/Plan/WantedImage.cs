namespace LightVM.Reconcile;

/// <summary>The image that guests are to run: the spec's own, or the host's where the spec brings none of that name.</summary>
/// <param name="Digest">Its digest.</param>
/// <param name="MinimumMemory">Bytes, as the image states it.</param>
/// <param name="CommandLine">What a guest gets that names none.</param>
/// <param name="Network">Whether a guest gets an adapter on <c>default</c> that names none.</param>
internal sealed record WantedImage(string Digest, long MinimumMemory, string CommandLine, bool Network)
{
    /// <summary>Null: neither the spec nor the host has it, which the references are checked for before; or the spec's own is not built yet.</summary>
    public static WantedImage? Find(FleetSpec spec, ObservedHost host, string name)
    {
        if (spec.Images.FirstOrDefault(image => image.Name == name) is { } own)
        {
            return own.Manifest is not { } manifest ? null : new WantedImage(manifest.ComputeDigest(), manifest.MinimumMemory, manifest.CommandLine, manifest.Network);
        }

        return host.Images.TryGetValue(name, out Image? there) ? new WantedImage(there.Digest, there.MinimumMemory, there.CommandLine, there.Network) : null;
    }
}
