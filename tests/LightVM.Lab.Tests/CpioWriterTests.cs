using System.Diagnostics;
using System.Text;
using LightVM.Lab.Boot;
using LightVM.Lab.Host;

namespace LightVM.Lab.Tests;

public sealed class CpioWriterTests
{
    private const UnixFileMode Plain = (UnixFileMode)0x1A4;
    private const UnixFileMode Program = (UnixFileMode)0x1ED;

    [Fact]
    public async Task An_archive_unpacks_to_what_was_added()
    {
        using var directory = new TemporaryDirectory();
        var binary = Enumerable.Range(0, 1001).Select(i => (byte)(i * 7)).ToArray();
        var archive = Write(cpio =>
        {
            cpio.AddFile("init", "#!/bin/sh\n", Program);
            cpio.AddFile("a/b/c", binary, Plain);
            cpio.AddFile("a/empty", [], Plain);
            cpio.AddLink("a/b/link", "../empty");
        });
        await UnpackAsync(archive, directory.Path);

        Assert.Equal("#!/bin/sh\n", await File.ReadAllTextAsync(directory.File("init")));
        Assert.Equal(Program, File.GetUnixFileMode(directory.File("init")));
        Assert.Equal(binary, await File.ReadAllBytesAsync(directory.File("a/b/c")));
        Assert.Equal(Plain, File.GetUnixFileMode(directory.File("a/b/c")));
        Assert.Empty(await File.ReadAllBytesAsync(directory.File("a/empty")));
        Assert.Equal("../empty", new FileInfo(directory.File("a/b/link")).LinkTarget);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Names_and_contents_of_every_length_are_padded(int length)
    {
        using var directory = new TemporaryDirectory();
        var name = new string('n', length + 1);
        var content = new string('c', length);
        await UnpackAsync(Write(cpio => cpio.AddFile(name, content, Plain)), directory.Path);
        Assert.Equal(content, await File.ReadAllTextAsync(directory.File(name)));
    }

    [Fact]
    public void The_archive_ends_with_the_trailer_and_whole_blocks()
    {
        var archive = Write(_ => { });
        Assert.Equal(0, archive.Length % 512);
        Assert.Contains("TRAILER!!!", Encoding.ASCII.GetString(archive), StringComparison.Ordinal);
    }

    private static byte[] Write(Action<CpioWriter> add)
    {
        var stream = new MemoryStream();
        using (var cpio = new CpioWriter(stream))
        {
            add(cpio);
        }

        return stream.ToArray();
    }

    /// <summary>By the reader that the lab's own user, busybox, has; by cpio where that is missing.</summary>
    private static async Task UnpackAsync(byte[] archive, string directory)
    {
        var busybox = Command.Find("busybox");
        using var process = Process.Start(new ProcessStartInfo(busybox ?? "cpio", busybox is null ? "-i -d" : "cpio -i -d")
        {
            RedirectStandardInput = true,
            WorkingDirectory = directory,
        })!;
        await process.StandardInput.BaseStream.WriteAsync(archive);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
