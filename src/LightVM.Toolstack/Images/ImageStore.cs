using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace LightVM.Toolstack;

/// <summary>
/// The host's images: content-addressed files (<c>blobs/</c>), manifests by their digest (<c>manifests/</c>), and names that
/// point to those (<c>names/</c>). A guest keeps the very image that it was defined by, also when its name points elsewhere
/// later. May be used from any thread. A crash leaves an image whole or absent: files are written beside, synced, renamed.
/// </summary>
public sealed class ImageStore
{
    private readonly Lock _sync = new();
    private readonly BlobFiles _blobs;
    private readonly string _manifests;
    private readonly string _names;
    private readonly ConcurrentDictionary<string, LoadedImage> _byDigest = new(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, LoadedImage> _byName = ImmutableSortedDictionary.Create<string, LoadedImage>(StringComparer.Ordinal);

    /// <param name="directory">Made if it is not there; only root may write below it.</param>
    public ImageStore(string directory)
    {
        Directory = directory;
        _blobs = new BlobFiles(Path.Combine(directory, "blobs"));
        _manifests = System.IO.Directory.CreateDirectory(Path.Combine(directory, "manifests")).FullName;
        _names = System.IO.Directory.CreateDirectory(Path.Combine(directory, "names")).FullName;
        Load();
    }

    public string Directory { get; }

    /// <summary>Names a guest that is defined by an image of this digest, or null. Set by the manager of guests.</summary>
    internal Func<string, string?> UserOf { get; set; } = static _ => null;

    /// <summary>Whether a guest may go back to an image of this digest. Set by the manager of guests.</summary>
    internal Func<string, bool> IsRemembered { get; set; } = static _ => false;

    /// <summary>Whether an image of this digest is kept although neither a name nor a guest needs it: a fleet may go back to it. Set before guests are adopted.</summary>
    public Func<string, bool> IsKept { get; set; } = static _ => false;

    /// <summary>Called after names came, went, or point to other images. Set by the manager of guests; does not throw.</summary>
    internal Action Changed { get; set; } = static () => { };

    /// <summary>The digest of an image: SHA-256 over its manifest as <see cref="LightVMJson"/> writes it.</summary>
    public static string DigestOf(ImageManifest manifest) => "sha256:" + Convert.ToHexStringLower(
        SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(manifest, LightVMJson.Default.ImageManifest)));

    /// <exception cref="LightVMException">InvalidArgument: not a digest.</exception>
    public bool HasBlob(string digest) => _blobs.Has(digest);

    /// <summary>A file. The caller disposes it; it stays readable when its image goes.</summary>
    /// <exception cref="LightVMException">ImageNotFound; InvalidArgument: not a digest.</exception>
    public Stream OpenBlob(string digest) => _blobs.Open(digest) ?? throw Problems.ImageNotFound(digest);

    /// <summary>The manifest of an image's digest, also of one that has lost its name.</summary>
    /// <exception cref="LightVMException">ImageNotFound.</exception>
    public ImageManifest GetManifest(string digest) => FindDigest(digest)?.Stored.Manifest ?? throw Problems.ImageNotFound(digest);

    /// <summary>Takes a file. False: it was there already (the stream is not read then).</summary>
    /// <exception cref="LightVMException">ImageInvalid: the bytes have another digest. InvalidArgument: not a digest.</exception>
    public Task<bool> PutBlobAsync(string digest, Stream content, CancellationToken cancellationToken) =>
        _blobs.PutAsync(digest, content, cancellationToken);

    /// <summary>
    /// Defines image <paramref name="name"/> by files that are there. The same digest again changes nothing (Created false).
    /// </summary>
    /// <exception cref="LightVMException">ImageInvalid says what is wrong; ImageExists: another is there and not <paramref name="force"/>.</exception>
    public (Image Image, bool Created) Put(string name, ImageManifest manifest, bool force)
    {
        GuestRules.CheckName(name, "An image's name");
        ImageCheck.CheckMembers(name, manifest);
        ImageManifest named = Named(name, manifest);
        string digest = DigestOf(named);
        lock (_sync)
        {
            if (FindPresent(name, digest, force) is { } present)
            {
                return (present.Public, false);
            }
        }

        ImageCheck.CheckFiles(named, _blobs);
        string? unpacked = KernelUnpacker.Unpack(named, _blobs, UnpackedBefore); // takes seconds: not under the lock
        lock (_sync)
        {
            if (FindPresent(name, digest, force) is { } present)
            {
                return (present.Public, false);
            }

            ImageCheck.Check(named, unpacked, _blobs);
            if (!_byDigest.TryGetValue(digest, out LoadedImage? image))
            {
                var stored = new StoredImage
                {
                    Digest = digest,
                    Manifest = named,
                    UnpackedKernel = unpacked,
                    ImportTime = DateTimeOffset.UtcNow,
                };
                image = new LoadedImage(stored, _blobs);
                WriteWhole(ManifestPath(digest), JsonSerializer.SerializeToUtf8Bytes(stored, ToolstackJson.Default.StoredImage));
                _byDigest[digest] = image;
            }

            WriteWhole(Path.Combine(_names, name), System.Text.Encoding.ASCII.GetBytes(digest));
            _byName = _byName.SetItem(name, image);
            Changed();
            return (image.Public, true);
        }
    }

    /// <exception cref="LightVMException">ImageNotFound.</exception>
    public Image Get(string name) => Find(name)?.Public ?? throw Problems.ImageNotFound(name);

    public IReadOnlyList<Image> List() => [.. _byName.Values.Select(image => image.Public)];

    /// <exception cref="LightVMException">ImageNotFound; ImageInUse names a guest that is defined by it.</exception>
    public void Delete(string name)
    {
        lock (_sync)
        {
            LoadedImage image = Find(name) ?? throw Problems.ImageNotFound(name);
            if (UserOf(image.Stored.Digest) is { } guest)
            {
                throw new LightVMException(
                    ErrorCodes.ImageInUse,
                    $"Image '{name}' is in use: guest '{guest}' is defined by it.",
                    name,
                    "Remove the guests that are made of it first.");
            }

            File.Delete(Path.Combine(_names, name));
            _byName = _byName.Remove(name);
            Changed();
            CollectGarbage();
        }
    }

    /// <summary>The image that a name points to now, or null.</summary>
    internal LoadedImage? Find(string? name) => name is null ? null : _byName.GetValueOrDefault(name);

    /// <summary>The image of a digest, also one that has lost its name; or null.</summary>
    internal LoadedImage? FindDigest(string digest) => _byDigest.GetValueOrDefault(digest);

    /// <summary>
    /// Whether an image is still there once <see cref="UserOf"/> would name its new guest: from then on it stays. Waits for a
    /// deletion under way.
    /// </summary>
    internal bool Holds(string digest)
    {
        lock (_sync)
        {
            return _byDigest.ContainsKey(digest);
        }
    }

    /// <summary>Forgets manifests and files that neither a name nor a guest needs, nor a fleet that may go back to them.</summary>
    internal void CollectGarbage()
    {
        lock (_sync)
        {
            var blobs = new HashSet<string>(StringComparer.Ordinal);
            var named = _byName.Values.Select(image => image.Stored.Digest).ToHashSet(StringComparer.Ordinal);
            foreach (LoadedImage image in _byDigest.Values)
            {
                string digest = image.Stored.Digest;
                if (!named.Contains(digest) && UserOf(digest) is null && !IsRemembered(digest) && !IsKept(digest))
                {
                    _byDigest.TryRemove(digest, out _);
                    File.Delete(ManifestPath(digest));
                    continue;
                }

                blobs.Add(image.Stored.Manifest.Kernel.Digest);
                if (image.Stored.UnpackedKernel is { } unpacked)
                {
                    blobs.Add(unpacked);
                }

                if (image.Stored.Manifest.Ramdisk is { } ramdisk)
                {
                    blobs.Add(ramdisk.Digest);
                }
            }

            _blobs.DeleteAllBut(blobs);
        }
    }

    /// <summary>The image of that name and digest, if it is there. Under the lock.</summary>
    private LoadedImage? FindPresent(string name, string digest, bool force)
    {
        if (!_byName.TryGetValue(name, out LoadedImage? present))
        {
            return null;
        }

        if (present.Stored.Digest != digest && !force)
        {
            throw new LightVMException(
                ErrorCodes.ImageExists,
                $"Another image '{name}' is on this host: {present.Stored.Digest}.",
                name,
                "Import it under another name, or replace that one with -Force.");
        }

        return present.Stored.Digest == digest ? present : null;
    }

    /// <summary>What came out of a kernel for another image; or null.</summary>
    private string? UnpackedBefore(string kernel) => _byDigest.Values
        .FirstOrDefault(image => image.Stored.Manifest.Kernel.Digest == kernel && image.Stored.UnpackedKernel is not null)?.Stored.UnpackedKernel;

    private static ImageManifest Named(string name, ImageManifest manifest) => manifest.Name == name ? manifest : new ImageManifest
    {
        Name = name,
        Kind = manifest.Kind,
        Kernel = manifest.Kernel,
        Ramdisk = manifest.Ramdisk,
        CommandLine = manifest.CommandLine,
        MinimumMemory = manifest.MinimumMemory,
        ShutdownHandler = manifest.ShutdownHandler,
        Network = manifest.Network,
        Description = manifest.Description,
        Packages = manifest.Packages,
        Ports = manifest.Ports,
    };

    private static void WriteWhole(string path, byte[] content)
    {
        string part = path + ".part";
        using (var file = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(part, path, overwrite: true);
    }

    private string ManifestPath(string digest) => Path.Combine(_manifests, digest["sha256:".Length..] + ".json");

    private void Load()
    {
        foreach (string path in System.IO.Directory.EnumerateFiles(_manifests, "*.json"))
        {
            StoredImage? stored = JsonSerializer.Deserialize(File.ReadAllBytes(path), ToolstackJson.Default.StoredImage);
            if (stored is not null)
            {
                _byDigest[stored.Digest] = new LoadedImage(stored, _blobs);
            }
        }

        foreach (string path in System.IO.Directory.EnumerateFiles(_names))
        {
            if (!path.EndsWith(".part", StringComparison.Ordinal) && _byDigest.TryGetValue(File.ReadAllText(path).Trim(), out LoadedImage? image))
            {
                _byName = _byName.SetItem(Path.GetFileName(path), image);
            }
        }
    }
}
