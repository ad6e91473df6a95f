using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace LightVM.Toolstack;

/// <summary>Files by the SHA-256 of their bytes. A crash leaves a file whole or absent.</summary>
internal sealed partial class BlobFiles
{
    private const string Prefix = "sha256:";
    private readonly string _directory;
    private readonly ConcurrentDictionary<string, Lazy<MappedBlob>> _mapped = new(StringComparer.Ordinal);

    public BlobFiles(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
        foreach (string left in Directory.EnumerateFiles(directory, "*.part"))
        {
            File.Delete(left); // a transfer that a crash cut off
        }
    }

    public static bool IsDigest(string? text) => text is not null && DigestPattern().IsMatch(text);

    public static void CheckDigest(string? digest)
    {
        if (!IsDigest(digest))
        {
            throw Problems.InvalidArgument(
                $"'{digest}' is not a digest.", digest, "Write it as sha256: and 64 lower-case hexadecimal digits.");
        }
    }

    public string PathOf(string digest)
    {
        CheckDigest(digest);
        return Path.Combine(_directory, digest[Prefix.Length..]);
    }

    public bool Has(string digest) => File.Exists(PathOf(digest));

    /// <summary>A file, or null: it is not there. The caller disposes it.</summary>
    public FileStream? Open(string digest)
    {
        try
        {
            return new FileStream(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Takes a file; false: it was there.</summary>
    public async Task<bool> PutAsync(string digest, Stream content, CancellationToken cancellationToken)
    {
        string path = PathOf(digest);
        if (File.Exists(path))
        {
            return false;
        }

        string part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            string actual;
            using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous))
            {
                actual = await CopyAsync(content, file, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            if (actual != digest)
            {
                throw new LightVMException(
                    ErrorCodes.ImageInvalid,
                    $"The bytes sent for {digest} have the digest {actual}.",
                    digest,
                    "Send the file again; if it fails again, image.json and the file disagree.");
            }

            File.Move(part, path, overwrite: true);
            return true;
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Takes bytes that were made here.</summary>
    /// <returns>Their digest.</returns>
    public string Put(ReadOnlySpan<byte> content)
    {
        string digest = Prefix + Convert.ToHexStringLower(SHA256.HashData(content));
        string path = PathOf(digest);
        if (File.Exists(path))
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow); // from now on an hour is left to use it
            return digest;
        }

        string part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(part, path, overwrite: true);
            return digest;
        }
        finally
        {
            File.Delete(part);
        }
    }

    public MappedBlob Map(string digest) =>
        _mapped.GetOrAdd(digest, d => new Lazy<MappedBlob>(() => new MappedBlob(PathOf(d)))).Value;

    /// <summary>
    /// Deletes what is not in use, but for files of the last hour: those may belong to an image that is being imported.
    /// Mappings stay: a build may hold their address.
    /// </summary>
    public void DeleteAllBut(IReadOnlySet<string> digests)
    {
        DateTime recent = DateTime.UtcNow - TimeSpan.FromHours(1);
        foreach (string path in Directory.EnumerateFiles(_directory))
        {
            if (File.GetLastWriteTimeUtc(path) < recent && !path.EndsWith(".part", StringComparison.Ordinal) && !digests.Contains(Prefix + Path.GetFileName(path)))
            {
                File.Delete(path);
            }
        }
    }

    private static async Task<string> CopyAsync(Stream content, Stream file, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 17);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            int count;
            while ((count = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                hash.AppendData(buffer, 0, count);
                await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }

            return Prefix + Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex DigestPattern();
}
