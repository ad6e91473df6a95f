using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace LightVM;

/// <summary>A small file that a guest is given, read-only to it. All of a guest's together are at most <see cref="MaxTotal"/> bytes.</summary>
public sealed class GuestFile
{
    public const int MaxTotal = 1 << 20;

    /// <summary>Where the guest finds it: an absolute path, without <c>.</c> and <c>..</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Its bytes; base64 on the wire.</summary>
    public required byte[] Content { get; init; }

    /// <summary>Permission bits.</summary>
    public int Mode { get; set; } = 0x124; // 0444

    /// <summary>
    /// Over path, mode and content of all files, whatever their order: what tells one set of a guest's files from another, without
    /// its bytes. <c>sha256:…</c>; null: there are none.
    /// </summary>
    public static string? DigestOf(IEnumerable<GuestFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        bool any = false;
        Span<byte> length = stackalloc byte[8];
        foreach (GuestFile file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            any = true;
            ReadOnlySpan<byte[]> parts = [Encoding.UTF8.GetBytes(file.Path), Encoding.ASCII.GetBytes(Convert.ToString(file.Mode, 8)), file.Content];
            foreach (byte[] part in parts)
            {
                // Lengths in front, so that no two sets give the same bytes.
                BinaryPrimitives.WriteInt64LittleEndian(length, part.Length);
                hash.AppendData(length);
                hash.AppendData(part);
            }
        }

        return any ? "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset()) : null;
    }
}
