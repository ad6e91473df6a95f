namespace LightVM.Tinyx;

/// <summary>One file of an image's root file system.</summary>
/// <param name="Kind">A file, a directory, a link, or a character device.</param>
/// <param name="Permissions">The low twelve bits of its mode.</param>
/// <param name="Owner">Its user's number.</param>
/// <param name="Group">Its group's number.</param>
/// <param name="Source">Of a file: where its bytes are, unless <paramref name="Content"/> holds them.</param>
/// <param name="Content">Of a file: its bytes. Of a link: its target.</param>
/// <param name="Device">Of a device: major and minor.</param>
internal sealed record RootEntry(FileKind Kind, int Permissions, uint Owner = 0, uint Group = 0, string? Source = null, byte[]? Content = null, (int Major, int Minor) Device = default)
{
    public static RootEntry Directory(int permissions = 0b111_101_101) => new(FileKind.Directory, permissions);

    public static RootEntry File(byte[] content, int permissions = 0b110_100_100) => new(FileKind.File, permissions, Content: content);

    public static RootEntry Link(string target) => new(FileKind.Link, 0b111_111_111, Content: System.Text.Encoding.UTF8.GetBytes(target));

    /// <summary>A file, directory or link as it lies on this machine; null: of another kind, which images do not hold.</summary>
    public static RootEntry? Of(string file, FileStatus status) => status.Kind switch
    {
        FileKind.Directory => new(FileKind.Directory, status.Permissions, status.Owner, status.Group),
        FileKind.File => new(FileKind.File, status.Permissions, status.Owner, status.Group, Source: file),
        FileKind.Link => new(FileKind.Link, 0b111_111_111, status.Owner, status.Group, Content: System.Text.Encoding.UTF8.GetBytes(new FileInfo(file).LinkTarget ?? "")),
        _ => null,
    };
}
