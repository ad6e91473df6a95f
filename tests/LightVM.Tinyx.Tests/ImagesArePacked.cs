using System.Text;

namespace LightVM.Tinyx.Tests;

public sealed class ImagesArePacked : IDisposable
{
    private readonly TestTree tree = new();

    public void Dispose() => tree.Dispose();

    private static async Task<string> PackAsync(RootTree root)
    {
        using var output = new MemoryStream();
        await CpioWriter.WriteAsync(root, output, 0x1234, CancellationToken.None);
        Assert.Equal(0, output.Length % 512);
        return Encoding.Latin1.GetString(output.ToArray());
    }

    [Fact]
    public async Task Names_owners_and_modes_are_written_and_directories_come_first()
    {
        var root = new RootTree();
        root.Put("etc/app/conf", new RootEntry(FileKind.File, 0b110_100_000, 33, 4, Content: "x=1"u8.ToArray()));
        root.Put("bin", RootEntry.Link("usr/bin"));
        Assert.Equal(["bin", "etc", "etc/app", "etc/app/conf"], root.Entries.Select(e => e.Key));
        string archive = await PackAsync(root);
        Assert.StartsWith("070701" + "00000001" + "0000A1FF" + "00000000" + "00000000" + "00000001" + "00001234" + "00000007", archive, StringComparison.Ordinal);
        Assert.Contains("000081A0" + "00000021" + "00000004" + "00000001" + "00001234" + "00000003", archive, StringComparison.Ordinal);
        Assert.Contains("TRAILER!!!", archive, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_files_give_the_same_bytes()
    {
        RootTree Make(string directory)
        {
            tree.File(Path.Combine(tree.Upper, directory), "file", new string('x', 5));
            var root = new RootTree();
            string file = Path.Combine(tree.Upper, directory, "file");
            root.Put("file", RootEntry.Of(file, FileStatus.Of(file)!.Value)!);
            return root;
        }

        Assert.Equal(await PackAsync(Make("one")), await PackAsync(Make("two")));
    }

    [Fact]
    public async Task Large_files_of_the_same_content_are_one()
    {
        byte[] program = new byte[100_000];
        tree.File(tree.Upper, "a", program).File(tree.Upper, "b", program).File(tree.Upper, "c", "small").File(tree.Upper, "d", "small");
        var root = new RootTree();
        foreach (string name in new[] { "a", "b", "c", "d" })
        {
            string file = Path.Combine(tree.Upper, name);
            root.Put(name, RootEntry.Of(file, FileStatus.Of(file)!.Value)!);
        }

        string archive = await PackAsync(root);
        Assert.InRange(archive.Length, 100_000, 110_000);
        Assert.Contains("070701" + "00000001", archive[100_000..], StringComparison.Ordinal);
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void A_file_s_status_is_what_the_machine_says()
    {
        tree.File(tree.Upper, "f", "12345").Link(tree.Upper, "l", "f");
        File.SetUnixFileMode(Path.Combine(tree.Upper, "f"), (UnixFileMode)0b110_100_000);
        FileStatus file = FileStatus.Of(Path.Combine(tree.Upper, "f"))!.Value;
        Assert.Equal((FileKind.File, 0b110_100_000, 5L), (file.Kind, file.Permissions, file.Size));
        Assert.Equal(FileKind.Link, FileStatus.Of(Path.Combine(tree.Upper, "l"))!.Value.Kind);
        Assert.Null(FileStatus.Of(Path.Combine(tree.Upper, "none")));
        Assert.Null(FileStatus.Of(Path.Combine(tree.Upper, "f/below")));
    }
}
