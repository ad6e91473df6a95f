using System.Text;

namespace LightVM.Tinyx;

/// <summary>An OCI image as a guest's root file system: all of it, and beside it what makes it boot, in a directory of its own.</summary>
internal static class OciRoot
{
    private const string Tools = "usr/lib/tinyx/bin";
    private const string Shell = "/" + Tools + "/sh";
    private static readonly string[] MountPoints = ["dev", "proc", "run", "sys"];

    private const int Executable = 0b111_101_101;

    /// <param name="image">What is taken.</param>
    /// <param name="recipe">The recipe with what the image says.</param>
    /// <param name="busybox">A BusyBox that needs no library, and where it is from.</param>
    /// <param name="package">Its package.</param>
    /// <param name="work">Where unpacked files lie until the image is made.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LightVMException">ImageInvalid, InvalidArgument.</exception>
    public static async Task<RootFileSystem> AssembleAsync(
        OciImage image, Recipe recipe, string busybox, ImagePackage package, string work, CancellationToken cancellationToken)
    {
        if (recipe.Command.Length == 0)
        {
            throw new LightVMException(ErrorCodes.InvalidArgument, "The OCI image names no program to run.", recipe.OciLayout, "Give one: -Command.");
        }

        var root = new RootTree();
        var layers = new OciLayers(recipe.OciLayout!, root, work);
        foreach ((string file, string mediaType) in image.Layers)
        {
            await layers.AddAsync(file, mediaType, cancellationToken).ConfigureAwait(false);
        }

        foreach (string path in root.Entries.Select(e => e.Key).Where(new PathPattern(recipe.Drop).Matches).ToArray())
        {
            root.Remove(path);
        }

        AddTools(root, busybox);
        GuestConfiguration.Add(root, recipe, RunAs(root, recipe.User), Shell);
        return new RootFileSystem(root, [package], []);
    }

    private static void AddTools(RootTree root, string busybox)
    {
        foreach (string directory in MountPoints.Where(d => !root.Contains(d)))
        {
            root.Put(directory, RootEntry.Directory());
        }

        if (!root.Contains("tmp"))
        {
            root.Put("tmp", RootEntry.Directory(0b1_111_111_111));
        }

        root.Put("dev/console", new RootEntry(FileKind.CharacterDevice, 0b110_000_000, Device: (5, 1)));
        root.Put(root.ThroughLinks(Tools + "/busybox"), new RootEntry(FileKind.File, Executable, Source: busybox));
        foreach (string applet in DataFiles.ReadLines("applets.list").Append("start-stop-daemon"))
        {
            root.Put(root.ThroughLinks($"{Tools}/{applet}"), RootEntry.Link("busybox"));
        }

        foreach (string end in new[] { "poweroff", "reboot" })
        {
            root.Put(root.ThroughLinks("sbin/" + end), RootEntry.Link($"/{Tools}/busybox"));
        }
    }

    /// <summary>BusyBox takes only users that /etc/passwd has: one that is given by a number gets a line there.</summary>
    private static string RunAs(RootTree root, string? user)
    {
        if (string.IsNullOrEmpty(user) || user.Split(':')[0] is "root" or "0")
        {
            return "";
        }

        const string accounts = "etc/passwd", groups = "etc/group";
        string passwd = Text(root, accounts), group = Text(root, groups);
        string[] names = user.Split(':');
        bool numbered = uint.TryParse(names[0], out uint number);
        bool known = numbered
            ? passwd.Split('\n').Any(line => line.Split(':') is { Length: > 3 } fields && fields[2] == names[0])
            : AccountFile.FindUser(passwd, names[0]) is not null;
        if (!known && !numbered)
        {
            throw new LightVMException(ErrorCodes.InvalidArgument, $"There is no user {names[0]} in the image.", user, "Give one that /etc/passwd of the image has, or a number: -User.");
        }

        if (!known)
        {
            string first = names.Length > 1 && uint.TryParse(names[1], out uint its) ? $"{its}" : $"{number}";
            Put(root, accounts, $"{passwd}app:x:{number}:{first}::/:/bin/sh\n");
        }

        if (names.Length > 1 && !uint.TryParse(names[1], out _) && AccountFile.FindGroup(group, names[1]) is null)
        {
            throw new LightVMException(ErrorCodes.InvalidArgument, $"There is no group {names[1]} in the image.", user, "Give one that /etc/group of the image has, or a number: -User.");
        }

        return user;
    }

    private static string Text(RootTree root, string path) => root.Find(root.ThroughLinks(path)) is { Kind: FileKind.File } entry
        ? entry.Content is { } content ? Encoding.UTF8.GetString(content) : File.ReadAllText(entry.Source!)
        : "";

    private static void Put(RootTree root, string path, string text) => root.Put(root.ThroughLinks(path), RootEntry.File(Encoding.UTF8.GetBytes(text)));
}
