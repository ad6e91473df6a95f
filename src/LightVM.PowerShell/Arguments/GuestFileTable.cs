using System.Collections;
using System.Globalization;
using System.Text;

namespace LightVM.PowerShell;

/// <summary>Files for a guest, as hashtables give them: by the path that the guest finds them at.</summary>
internal static class GuestFileTable
{
    /// <param name="files">Guest path = local path; or null.</param>
    /// <param name="contents">Guest path = text (UTF-8), bytes, or lines; or null.</param>
    /// <param name="resolve">Makes a local path absolute.</param>
    /// <returns>Null where neither is given; sorted by path.</returns>
    /// <exception cref="LightVMException">InvalidArgument: a file cannot be read, a path is given twice, or all together are too large.</exception>
    public static IReadOnlyList<GuestFile>? From(Hashtable? files, Hashtable? contents, Func<string, string> resolve)
    {
        if (files is null && contents is null)
        {
            return null;
        }

        var all = new SortedDictionary<string, GuestFile>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in files ?? [])
        {
            Add(all, Text(entry.Key), Read(resolve(Text(entry.Value))));
        }

        foreach (DictionaryEntry entry in contents ?? [])
        {
            Add(all, Text(entry.Key), Bytes(entry.Value));
        }

        long total = all.Values.Sum(file => (long)file.Content.Length);
        return total <= GuestFile.MaxTotal
            ? [.. all.Values]
            : throw Bad($"The files of a guest have {total:N0} bytes together, and may have {GuestFile.MaxTotal:N0}.", null, "Give it a disk for what is larger.");
    }

    private static void Add(SortedDictionary<string, GuestFile> all, string path, byte[] content)
    {
        if (!path.StartsWith('/'))
        {
            throw Bad($"'{path}' is no path of a file in a guest.", path, "Give an absolute path, such as '/index.html'.");
        }

        if (!all.TryAdd(path, new GuestFile { Path = path, Content = content }))
        {
            throw Bad($"The file '{path}' is given twice.", path, "Give it by -File or by -FileContent.");
        }
    }

    private static byte[] Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > GuestFile.MaxTotal } large)
            {
                throw Bad($"{path} has {large.Length:N0} bytes; the files of a guest have at most {GuestFile.MaxTotal:N0}.", path, "Give the guest a disk for it.");
            }

            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Bad($"The file {path} cannot be read: {e.Message}", path, "Check the path; -FileContent takes the content itself.", e);
        }
    }

    private static byte[] Bytes(object? value) => ArgumentMembers.Plain(value) switch
    {
        byte[] bytes => bytes,
        string text => Encoding.UTF8.GetBytes(text),
        IEnumerable lines => Encoding.UTF8.GetBytes(string.Concat(lines.Cast<object?>().Select(line => Text(line) + "\n"))),
        var other => Encoding.UTF8.GetBytes(Text(other)),
    };

    private static string Text(object? value) => Convert.ToString(ArgumentMembers.Plain(value), CultureInfo.InvariantCulture) ?? "";

    private static LightVMException Bad(string detail, string? target, string recommendation, Exception? inner = null) =>
        new(ErrorCodes.InvalidArgument, detail, target, recommendation, inner);
}
