using System.Runtime.InteropServices;
using System.Text;

namespace LightVM.Toolstack;

/// <summary>
/// The ramdisk of one start: the image's, then an archive of the guest's environment and files. It is in memory for the time of
/// the build. Without those, nothing is made, and the image's is taken as it lies.
/// </summary>
internal sealed unsafe class GuestRamdisk : IDisposable
{
    /// <summary>Variables, each <c>NAME=value</c> and a NUL.</summary>
    public const string EnvironmentPath = "/.lightvm/environment";

    private const int EnvironmentMode = 0x124; // 0444
    private byte* _made;

    private GuestRamdisk(byte* start, long size, bool made)
    {
        Start = start;
        Size = size;
        _made = made ? start : null;
    }

    /// <summary>Null: there is none.</summary>
    public byte* Start { get; private set; }

    /// <summary>Bytes.</summary>
    public long Size { get; }

    public static GuestRamdisk Of(GuestRecord record, MappedBlob? image, GuestFileStore files)
    {
        byte* imageStart = image is null ? null : image.Start;
        long imageSize = image?.Size ?? 0;
        if (record.Environment.Count == 0 && record.Files.Count == 0)
        {
            return new GuestRamdisk(imageStart, imageSize, made: false);
        }

        var archive = new NewcArchive();
        if (record.Environment.Count > 0)
        {
            archive.Add(EnvironmentPath, EnvironmentMode, Encode(record.Environment));
        }

        foreach (GuestFileRecord file in record.Files)
        {
            archive.Add(file.Path, file.Mode, files.Read(file));
        }

        ReadOnlySpan<byte> added = archive.Finish();
        long gap = -imageSize & 3; // an archive begins at a multiple of 4
        long size = imageSize + gap + added.Length;
        byte* start = (byte*)NativeMemory.Alloc((nuint)size);
        NativeMemory.Copy(imageStart, start, (nuint)imageSize);
        NativeMemory.Clear(start + imageSize, (nuint)gap);
        added.CopyTo(new Span<byte>(start + imageSize + gap, added.Length));
        return new GuestRamdisk(start, size, made: true);
    }

    public static byte[] Encode(IReadOnlyDictionary<string, string> environment)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append(name).Append('=').Append(value).Append('\0');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public void Dispose()
    {
        NativeMemory.Free(_made);
        _made = null;
        Start = null;
    }
}
