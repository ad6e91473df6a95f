using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace LightVM.Client;

/// <summary>LightVM's package for a Xen host, as ./build.sh package makes it.</summary>
public sealed partial class DebianPackageFile
{
    private const string PackageName = "lightvm";
    private const int HeaderSize = 60;
    private const int MaxControl = 1 << 20;

    private DebianPackageFile(string path, Dictionary<string, string> control)
    {
        Path = path;
        Version = control["Version"];
        Architecture = control["Architecture"];
        Depends = [.. control.GetValueOrDefault("Depends", "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split(' ')[0])];
        XenVersion = Depends.Select(name => XenLibrary().Match(name)).FirstOrDefault(match => match.Success)?.Groups[1].Value;
    }

    public string Path { get; }

    public string Version { get; }

    public string Architecture { get; }

    /// <summary>Names of the packages that it needs.</summary>
    public IReadOnlyList<string> Depends { get; }

    /// <summary>The Xen that it is built for, such as <c>4.17</c>; null: any.</summary>
    public string? XenVersion { get; }

    /// <exception cref="LightVMException">InvalidArgument: there is none, or it is no package of LightVM.</exception>
    public static DebianPackageFile Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            Dictionary<string, string> control = ReadControl(file);
            if (control.GetValueOrDefault("Package") != PackageName || !control.ContainsKey("Version") || !control.ContainsKey("Architecture"))
            {
                throw new InvalidDataException($"it is the package '{control.GetValueOrDefault("Package")}'");
            }

            var package = new DebianPackageFile(path, control);
            return package.IsPlain
                ? package
                : throw new InvalidDataException("its version, its architecture or a package that it depends on is not named as Debian's are");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or FormatException)
        {
            throw new LightVMException(
                ErrorCodes.InvalidArgument,
                $"{path} is no package of LightVM that can be read: {e.Message.TrimEnd('.')}.",
                path,
                "Make one with ./build.sh package, and name it with -Package.",
                e);
        }
    }

    // They are put into scripts.
    private bool IsPlain => PlainVersion().IsMatch(Version) && PlainName().IsMatch(Architecture) && Depends.All(PlainName().IsMatch);

    /// <summary>A .deb is an ar archive of debian-binary, control.tar.gz and the data.</summary>
    private static Dictionary<string, string> ReadControl(FileStream file)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        file.ReadExactly(header[..8]);
        if (!header[..8].SequenceEqual("!<arch>\n"u8))
        {
            throw new InvalidDataException("it is no Debian package");
        }

        while (true)
        {
            file.ReadExactly(header);
            string name = Encoding.ASCII.GetString(header[..16]).TrimEnd(' ', '/');
            long size = long.Parse(Encoding.ASCII.GetString(header[48..58]).Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
            if (name == "control.tar.gz")
            {
                return ParseControl(file);
            }

            if (name.StartsWith("control.tar", StringComparison.Ordinal))
            {
                throw new InvalidDataException($"its {name} is not gzip's");
            }

            file.Seek(size + (size & 1), SeekOrigin.Current);
        }
    }

    private static Dictionary<string, string> ParseControl(Stream compressed)
    {
        using var tar = new TarReader(new GZipStream(compressed, CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.Name is "./control" or "control" && entry is { DataStream: { } data, Length: < MaxControl })
            {
                using var reader = new StreamReader(data);
                return reader.ReadToEnd().Split('\n')
                    .Where(line => line.Length > 0 && line[0] != ' ')
                    .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
                    .Where(pair => pair.Length == 2)
                    .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
            }
        }

        throw new InvalidDataException("it has no control file");
    }

    [GeneratedRegex("^libxenmisc([0-9]+\\.[0-9]+)$")]
    private static partial Regex XenLibrary();

    [GeneratedRegex("^[0-9][A-Za-z0-9.+~-]*\\z")]
    private static partial Regex PlainVersion();

    [GeneratedRegex("^[a-z0-9][a-z0-9+.-]*(:any)?\\z")]
    private static partial Regex PlainName();
}
