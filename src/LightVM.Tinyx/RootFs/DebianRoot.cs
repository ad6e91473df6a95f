namespace LightVM.Tinyx;

/// <summary>Chooses what of an installed Debian an image needs, and adds what makes it boot.</summary>
internal sealed class DebianRoot
{
    private static readonly string[] MergedDirectories = ["bin", "lib", "lib64", "sbin"];

    private static readonly string[] BaseFiles = ["etc/passwd", "etc/group", "etc/nsswitch.conf"];

    private readonly LayeredTree tree;
    private readonly Recipe recipe;
    private readonly PathPattern drop;
    private readonly PathPattern keep;

    private readonly RootTree root = new();
    private readonly List<string> warnings = [];

    // user:group; empty: root.
    private string runAs = "";

    private DebianRoot(LayeredTree tree, Recipe recipe)
    {
        this.tree = tree;
        this.recipe = recipe;
        drop = new PathPattern([.. DataFiles.ReadLines("drop-paths.list"), .. recipe.Drop]);
        keep = new PathPattern(recipe.Keep);
    }

    /// <exception cref="LightVMException">BuildFailed, InvalidArgument: what the recipe names is not there.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static RootFileSystem Assemble(LayeredTree tree, Recipe recipe)
    {
        var system = new DebianRoot(tree, recipe);
        IReadOnlyDictionary<string, DebianPackage> installed = DpkgStatus.Parse(tree.ReadText("var/lib/dpkg/status"));
        Dictionary<string, DebianPackage> owners = system.Owners(installed.Values);
        HashSet<string> kept = [.. DpkgStatus.Reach(installed, recipe.Packages, new PathPattern(DataFiles.ReadLines("drop-packages.list"))).Select(p => p.Name)];

        system.AddSkeleton();
        system.AddInstalled(owners, kept);
        system.AddPaths();
        system.AddServices();
        system.AddLibraries();
        GuestConfiguration.Add(system.root, recipe, system.runAs, "/bin/sh");
        IEnumerable<ImagePackage> packages = system.root.Entries
            .Where(e => e.Value.Kind == FileKind.File && owners.ContainsKey(e.Key))
            .Select(e => owners[e.Key])
            .Distinct()
            .OrderBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => ImagePackage.OfDebian(p.Name, p.Version, p.Architecture));
        return new RootFileSystem(system.root, [.. packages], system.warnings);
    }

    /// <summary>The package of each file. dpkg's lists name /bin/x for what lies in /usr/bin, and directories of many packages.</summary>
    private Dictionary<string, DebianPackage> Owners(IEnumerable<DebianPackage> packages)
    {
        var owners = new Dictionary<string, DebianPackage>(StringComparer.Ordinal);
        foreach (DebianPackage package in packages)
        {
            foreach (string line in tree.ReadText(package.FileList).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                owners[Unmerged(line.TrimStart('/'))] = package;
            }
        }

        return owners;
    }

    private static string Unmerged(string path)
    {
        int slash = path.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && MergedDirectories.Contains(path[..slash]) ? "usr/" + path : path;
    }

    private void AddSkeleton()
    {
        foreach (string directory in MergedDirectories)
        {
            root.Put("usr/" + directory, RootEntry.Directory());
            root.Put(directory, RootEntry.Link("usr/" + directory));
        }

        foreach (string directory in new[] { "dev", "etc", "proc", "run", "sys", "var/log", "var/lib", "var/cache", "usr/lib/tinyx" })
        {
            root.Put(directory, RootEntry.Directory());
        }

        root.Put("root", RootEntry.Directory(0b111_000_000));
        root.Put("tmp", RootEntry.Directory(0b1_111_111_111));
        root.Put("var/tmp", RootEntry.Directory(0b1_111_111_111));
        root.Put("var/run", RootEntry.Link("/run"));
        // The kernel opens it before there is a devtmpfs.
        root.Put("dev/console", new RootEntry(FileKind.CharacterDevice, 0b110_000_000, Device: (5, 1)));

        foreach (string path in BaseFiles)
        {
            Take(path);
        }

        Take("usr/bin/busybox");
        foreach (string applet in DataFiles.ReadLines("applets.list"))
        {
            root.Put("usr/bin/" + applet, RootEntry.Link("busybox"));
        }

        foreach (string end in new[] { "poweroff", "reboot", "start-stop-daemon" })
        {
            root.Put("usr/sbin/" + end, RootEntry.Link("../bin/busybox"));
        }
    }

    /// <summary>What the packages brought and what their install scripts made, but for what the lists drop.</summary>
    private void AddInstalled(Dictionary<string, DebianPackage> owners, HashSet<string> kept)
    {
        foreach (string path in tree.Installed())
        {
            bool wanted = keep.Matches(path)
                || (!drop.Matches(path) && (!owners.TryGetValue(path, out DebianPackage? owner) || kept.Contains(owner.Name)));
            // A directory comes with what is in it; one without an owner or with nothing in it comes by itself, as /var/log/nginx does.
            if (wanted && (tree.Find(path) is not { Status.Kind: FileKind.Directory } || IsEmptyOfUpper(path)))
            {
                Take(path);
            }
        }

        // What -Keep names in the base.
        foreach (string pattern in recipe.Keep)
        {
            foreach (string path in pattern.AsSpan().ContainsAny('*', '?') ? [] : tree.Below(Unmerged(pattern.Trim('/'))))
            {
                Take(path);
            }
        }
    }

    private bool IsEmptyOfUpper(string path) => !Directory.EnumerateFileSystemEntries(Path.Combine(tree.Upper, path)).Any();

    /// <summary>Takes one file as it is, with the directories above it as they are. Programs of the base do not replace BusyBox's names.</summary>
    private void Take(string path)
    {
        if (tree.Find(path) is { } found && RootEntry.Of(found.File, found.Status) is { } entry)
        {
            root.Put(path, entry, DirectoryOf);
        }
    }

    private RootEntry? DirectoryOf(string path) =>
        tree.Find(path) is { Status.Kind: FileKind.Directory } found ? RootEntry.Of(found.File, found.Status) : null;

    private void AddPaths()
    {
        foreach (string path in recipe.Paths)
        {
            string name = "app/" + Path.GetFileName(path.TrimEnd('/'));
            if (Directory.Exists(path))
            {
                foreach (string inner in Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories))
                {
                    AddOwn("app/" + Path.GetRelativePath(path, inner), inner);
                }
            }
            else
            {
                AddOwn(name, path);
            }
        }
    }

    // They are whose they are on this machine; in the guest they are root's.
    private void AddOwn(string path, string file)
    {
        FileStatus status = FileStatus.Of(file) ?? throw new LightVMException(ErrorCodes.InvalidArgument, $"There is no file {file}.", file, "Give a file or a directory: -Path.");
        if (status.Kind == FileKind.Link && recipe.Paths.Contains(file))
        {
            file = new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file;
            status = FileStatus.Of(file) ?? status;
        }

        if (RootEntry.Of(file, status) is { } entry)
        {
            root.Put(path, entry with { Owner = 0, Group = 0 });
        }
    }

    /// <summary>Whom the packages' own services run as, and the directories that systemd would make for them.</summary>
    private void AddServices()
    {
        string passwd = tree.ReadText("etc/passwd"), group = tree.ReadText("etc/group");
        string program = Path.GetFileName(recipe.Command.Split(' ', 2)[0]);
        string? user = recipe.User;
        foreach (string path in tree.Installed().Where(p => p.StartsWith("usr/lib/systemd/system/", StringComparison.Ordinal) && p.EndsWith(".service", StringComparison.Ordinal)))
        {
            if (SystemdUnit.Parse(tree.ReadText(path)) is not { } unit || Path.GetFileName(unit.Program) != program)
            {
                continue;
            }

            user ??= unit.User is null ? null : unit.Group is null ? unit.User : $"{unit.User}:{unit.Group}";
            (uint User, uint Group) owner = unit.User is null ? default : AccountFile.FindUser(passwd, unit.User) ?? default;
            foreach ((string directory, int permissions) in unit.Directories.Where(d => !root.Contains(d.Path)))
            {
                root.Put(directory, new RootEntry(FileKind.Directory, permissions, owner.User, owner.Group));
            }
        }

        if (user is null || user == "root")
        {
            return;
        }

        string[] names = user.Split(':');
        if (AccountFile.FindUser(passwd, names[0]) is null || (names.Length > 1 && AccountFile.FindGroup(group, names[1]) is null))
        {
            throw new LightVMException(ErrorCodes.InvalidArgument, $"There is no user {user} in the image.", user, "Give one that Debian has (www-data, nobody) or that the packages make: -User.");
        }

        runAs = user;
    }

    private void AddLibraries()
    {
        var closure = new LibraryClosure(tree);
        foreach ((string path, RootEntry entry) in root.Entries.Where(e => e.Value is { Kind: FileKind.File, Source: not null }))
        {
            closure.Add(path, entry.Source!);
        }

        foreach (string path in closure.Found.Where(p => !root.Contains(p)))
        {
            Take(path);
        }

        foreach ((string library, string program) in closure.Missing)
        {
            if (program.StartsWith("app/", StringComparison.Ordinal))
            {
                throw new LightVMException(
                    ErrorCodes.BuildFailed, $"{program} needs {library}, and Debian's base system has none.", library, "Name the package that has it as well: -Package.");
            }

            warnings.Add($"{program} needs {library}, which no installed package has.");
        }
    }
}
