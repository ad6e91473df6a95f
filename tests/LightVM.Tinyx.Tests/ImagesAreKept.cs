namespace LightVM.Tinyx.Tests;

/// <summary>An image is kept under a digest that changes with what it is made of, and with nothing else.</summary>
public sealed class ImagesAreKept : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-inputs-").FullName;

    public ImagesAreKept()
    {
        Write("site/index.html", "hello");
        Write("site/sub/a", "a");
        Write("program", "elf");
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task What_changes_nothing_in_the_image_leaves_the_digest()
    {
        string before = await KeyAsync(Of());
        File.SetLastWriteTimeUtc(PathOf("site/index.html"), DateTime.UnixEpoch);
        Directory.Move(PathOf("site"), PathOf("moved"));
        Directory.Move(PathOf("moved"), PathOf("site"));
        Assert.Equal(before, await KeyAsync(Of()));
    }

    public static TheoryData<string, Func<string, Recipe>> Recipes => new()
    {
        { "name", d => Of(d, name: "other") },
        { "command", d => Of(d, command: "other") },
        { "packages", d => Of(d, packages: ["nginx"]) },
        { "ports", d => Of(d, ports: [80]) },
        { "features", d => Of(d, features: ["smp"]) },
        { "keep", d => Of(d, keep: ["x"]) },
        { "drop", d => Of(d, drop: ["x"]) },
        { "user", d => Of(d, user: "nobody") },
        { "memory", d => Of(d, memory: 64 << 20) },
        { "one path less", d => Of(d, paths: ["site"]) },
        { "paths in another order", d => Of(d, paths: ["program", "site"]) },
    };

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task Each_word_of_the_recipe_counts(string what, Func<string, Recipe> recipe) => Assert.True(await KeyAsync(Of()) != await KeyAsync(recipe(directory)), what);

    [Fact]
    public async Task Lists_do_not_run_into_each_other() =>
        Assert.NotEqual(await KeyAsync(Of(directory, keep: ["a", "drop"])), await KeyAsync(Of(directory, keep: ["a"], drop: ["drop"])));

    [Fact]
    public async Task So_does_what_is_installed_and_the_kernel()
    {
        string before = await KeyAsync(Of());
        Assert.NotEqual(before, await KeyAsync(Of(), installed: "nginx 2"));
        Assert.NotEqual(before, await KeyAsync(Of(), kernel: "6.1.2"));
    }

    [Fact]
    public async Task So_do_names_contents_links_and_permissions_of_files()
    {
        var keys = new HashSet<string> { await KeyAsync(Of()) };
        Write("site/index.html", "changed");
        Assert.True(keys.Add(await KeyAsync(Of())));
        File.Move(PathOf("site/sub/a"), PathOf("site/sub/b"));
        Assert.True(keys.Add(await KeyAsync(Of())));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(PathOf("site/sub/b"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        Assert.True(keys.Add(await KeyAsync(Of())));
        File.CreateSymbolicLink(PathOf("site/link"), "sub/b");
        Assert.True(keys.Add(await KeyAsync(Of())));
        Directory.CreateDirectory(PathOf("site/empty"));
        Assert.True(keys.Add(await KeyAsync(Of())));
    }

    [Fact]
    public async Task A_link_that_the_recipe_names_is_what_it_leads_to()
    {
        File.CreateSymbolicLink(PathOf("link"), "program");
        string before = await KeyAsync(Of(directory, paths: ["link"]));
        Write("program", "another");
        Assert.NotEqual(before, await KeyAsync(Of(directory, paths: ["link"])));
    }

    [Fact]
    public async Task A_path_that_is_not_there_is_named()
    {
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => KeyAsync(Of(directory, paths: ["none"])));
        Assert.Equal((ErrorCodes.InvalidArgument, PathOf("none")), (error.Problem.Code, error.Problem.Target));
    }

    [Fact]
    public async Task Where_nothing_was_built_there_is_none_and_nothing_is_made()
    {
        string cache = PathOf("cache");
        Assert.Null(await new CachedImages(null, cache).FindAsync(Of()));
        Assert.Empty(Directory.GetFileSystemEntries(cache));
        LightVMException error = await Assert.ThrowsAsync<LightVMException>(() => new CachedImages(null, cache).FindAsync(Of(directory, features: ["usb"])));
        Assert.Equal((ErrorCodes.InvalidArgument, "usb"), (error.Problem.Code, error.Problem.Target));
    }

    private Recipe Of() => Of(directory);

    private static Recipe Of(
        string directory, string name = "site", string command = "/app/program", string[]? packages = null, string[]? paths = null, int[]? ports = null, string[]? features = null,
        string[]? keep = null, string[]? drop = null, string? user = null, long? memory = null) => new()
    {
        Name = name, Command = command, Packages = packages ?? [], Paths = [.. (paths ?? ["site", "program"]).Select(path => Path.Combine(directory, path))], Ports = ports ?? [],
        Features = features ?? [], Keep = keep ?? [], Drop = drop ?? [], User = user, MinimumMemory = memory,
    };

    private static Task<string> KeyAsync(Recipe recipe, string installed = "nginx 1", string kernel = "6.1.1") => RecipeInputs.KeyAsync(recipe, [installed], kernel, CancellationToken.None);

    private string PathOf(string name) => Path.Combine(directory, name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
    }
}
