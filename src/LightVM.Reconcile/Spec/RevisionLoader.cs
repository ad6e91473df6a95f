using System.Text;
using System.Text.Json;
using LightVM.Reconcile.Yaml;

namespace LightVM.Reconcile;

/// <summary>Between a spec and the revision that remembers it.</summary>
public static class RevisionLoader
{
    /// <summary>The spec that a revision applied, to be applied again: its text, files and images as they were.</summary>
    /// <param name="revision">With its spec.</param>
    /// <param name="manifest">Reads the manifest of an image that the host keeps, by its digest.</param>
    /// <param name="secrets">Where its secrets come from, as they are now; null: the credentials of this service.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="LightVMException">RevisionNotFound: its spec was not kept. SpecInvalid: this version reads it no more. As <paramref name="manifest"/>.</exception>
    public static async Task<FleetSpec> LoadAsync(
        FleetRevision revision, Func<string, CancellationToken, Task<ImageManifest>> manifest, ISecretSource? secrets = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(revision);
        ArgumentNullException.ThrowIfNull(manifest);
        if (revision.Spec is not { } spec)
        {
            throw new LightVMException(
                ErrorCodes.RevisionNotFound,
                $"Revision {revision.Revision} of fleet '{revision.Fleet}' cannot be gone back to: its spec and files were too large to be kept.",
                revision.ToString(),
                $"Apply the file itself as it was then: {revision.SpecPath}");
        }

        var findings = new FindingList($"{revision.SpecPath}@{revision.Revision}");
        SpecText text = SpecText.FromBytes(Encoding.UTF8.GetBytes(spec.Text), findings);
        string path = Path.GetFullPath(revision.SpecPath.Length > 0 ? revision.SpecPath : "revision.yaml");
        FleetSpec read = await SpecLoader.LoadAsync(text, path, findings, new RevisionSource(revision, manifest), secrets ?? new CredentialDirectory(), builder: null, cancellationToken).ConfigureAwait(false);

        // The digest of the file: its text may have had another encoding.
        return read.As(revision.SpecDigest, revision.Revision);
    }

    /// <summary>Where to go back to when nothing else is said: the last revision all of which held, and whose spec is not the newest one's.</summary>
    /// <param name="fleet">Its name.</param>
    /// <param name="revisions">Of the fleet, newest first.</param>
    /// <exception cref="LightVMException">RevisionNotFound: there is none.</exception>
    public static FleetRevision Previous(string fleet, IReadOnlyList<FleetRevision> revisions)
    {
        ArgumentNullException.ThrowIfNull(revisions);
        return revisions.FirstOrDefault(revision => revision.IsComplete && revision.SpecDigest != revisions[0].SpecDigest) ?? throw new LightVMException(
            ErrorCodes.RevisionNotFound,
            $"Fleet '{fleet}' has no earlier revision that held and had another spec.",
            fleet,
            "See which there are (Get-LightVMRevision), and name one by -Revision.");
    }

    /// <summary>What is remembered of a spec, so that it can be gone back to; null where it is too large.</summary>
    public static RevisionSpec? Keep(FleetSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (FileSpec file in spec.Guests.SelectMany(guest => guest.Files))
        {
            if (file is { Source: { } source, Content: { } content })
            {
                files[source] = content;
            }
        }

        var kept = new RevisionSpec { Text = spec.Text, Files = files };
        bool fits = spec.Text.Length + files.Sum(file => (long)file.Value.Length) <= RevisionSpec.MaxSize
            && JsonSerializer.SerializeToUtf8Bytes(kept, LightVMJson.Default.RevisionSpec).Length <= RevisionSpec.MaxSize;
        return fits ? kept : null;
    }
}
