namespace LightVM.PowerShell;

/// <summary>Disks as <c>'/srv/a.img'</c>, <c>'/srv/a.img,readonly'</c>, <c>'/srv/a.img,size=1GB'</c>, <c>@{ Path = …; ReadOnly = $true; Size = 1GB }</c>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class DiskArgumentAttribute : ListArgumentAttribute
{
    private const string Form = "Write PATH[,readonly][,size=1GB]";

    protected override object Convert(IEnumerable<object> items) => items.Select(ToDefinition).ToArray();

    /// <exception cref="FormatException">It is none.</exception>
    internal static DiskDefinition ToDefinition(object item) => item switch
    {
        DiskDefinition definition => definition,
        Disk disk => new DiskDefinition { Path = disk.Path, ReadOnly = disk.ReadOnly },
        string text => Parse(text),
        _ => FromMembers(new ArgumentMembers(item)),
    };

    private static DiskDefinition FromMembers(ArgumentMembers members)
    {
        var definition = new DiskDefinition
        {
            Path = members.Text("Path", "FullName") ?? throw new FormatException("A disk needs a Path: of a raw file or a block device of the host."),
            ReadOnly = members.Flag("ReadOnly"),
            Size = members.Size("Size"),
        };
        members.ThrowIfAnyIsLeft("A disk");
        return definition;
    }

    private static bool LooksLikeOption(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && !text.Contains('/', StringComparison.Ordinal) && text.Take(equals).All(char.IsAsciiLetter);
    }

    private static DiskDefinition Parse(string text)
    {
        // From the end, since the path itself may have commas in it.
        string path = text.Trim();
        bool readOnly = false;
        long size = 0;
        while (path.LastIndexOf(',') is > 0 and var comma)
        {
            string option = path[(comma + 1)..].Trim();
            if (option.Equals("readonly", StringComparison.OrdinalIgnoreCase) || option.Equals("ro", StringComparison.OrdinalIgnoreCase))
            {
                readOnly = true;
            }
            else if (option.StartsWith("size=", StringComparison.OrdinalIgnoreCase))
            {
                size = ArgumentMembers.SizeOf(option[5..]);
            }
            else if (LooksLikeOption(option))
            {
                throw new FormatException(
                    $"'{text}' is no disk: '{option}' is not understood. {Form}; a path with that in it goes into @{{ Path = '…' }}.");
            }
            else
            {
                break;
            }

            path = path[..comma].TrimEnd();
        }

        return path.StartsWith('/')
            ? new DiskDefinition { Path = path, ReadOnly = readOnly, Size = size }
            : throw new FormatException($"'{text}' is no disk: its path is of the host, and begins with /. {Form}.");
    }
}
