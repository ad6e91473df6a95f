using System.Globalization;
using System.Text;

namespace LightVM.Toolstack.Tests;

public sealed class ArchivesForGuests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lightvm-test").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Have_directories_before_what_lies_in_them()
    {
        var archive = new NewcArchive();
        archive.Add("/etc/app/a", 0x1a4, "one"u8);
        archive.Add("/etc/app/b", 0x1ed, []);
        archive.Add("/tmp/c", 0x124, "three!!"u8);

        Assert.Equal(
            [("etc", 0x41ed, ""), ("etc/app", 0x41ed, ""), ("etc/app/a", 0x81a4, "one"), ("etc/app/b", 0x81ed, ""), ("tmp", 0x43ff, ""), ("tmp/c", 0x8124, "three!!")],
            Entries(archive.Finish()));
    }

    [Fact]
    public unsafe void Follow_the_images_ramdisk_at_a_multiple_of_four()
    {
        var files = new GuestFileStore(Path.Combine(_directory, "files"));
        string image = Path.Combine(_directory, "ramdisk");
        File.WriteAllBytes(image, [1, 2, 3, 4, 5]);
        using var blob = new MappedBlob(image);
        GuestRecord record = Record() with
        {
            Environment = new() { ["B"] = "2", ["A"] = "x y" },
            Files = files.Put([new GuestFile { Path = "/f", Content = [7] }]),
        };

        using GuestRamdisk ramdisk = GuestRamdisk.Of(record, blob, files);

        var bytes = new ReadOnlySpan<byte>(ramdisk.Start, (int)ramdisk.Size);
        Assert.Equal([1, 2, 3, 4, 5, 0, 0, 0], bytes[..8].ToArray());
        Assert.Equal(
            [(".lightvm", 0x41ed, ""), (".lightvm/environment", 0x8124, "A=x y\0B=2\0"), ("f", 0x8124, "\a")],
            Entries(bytes[8..]));
    }

    [Fact]
    public unsafe void Are_not_made_for_a_guest_without_environment_and_files()
    {
        var files = new GuestFileStore(Path.Combine(_directory, "files"));
        string image = Path.Combine(_directory, "ramdisk");
        File.WriteAllBytes(image, [1]);
        using var blob = new MappedBlob(image);

        using GuestRamdisk own = GuestRamdisk.Of(Record(), blob, files);
        using GuestRamdisk none = GuestRamdisk.Of(Record(), null, files);

        Assert.True(own.Start == blob.Start && own.Size == 1);
        Assert.True(none.Start == null && none.Size == 0);
    }

    private static GuestRecord Record() => new() { Id = Guid.NewGuid(), Name = "g", Image = "i", ImageDigest = "d" };

    private static List<(string, int, string)> Entries(ReadOnlySpan<byte> archive)
    {
        var entries = new List<(string, int, string)>();
        while (true)
        {
            Assert.Equal("070701", Encoding.ASCII.GetString(archive[..6]));
            int mode = Field(archive, 1);
            int size = Field(archive, 6);
            int nameSize = Field(archive, 11);
            string name = Encoding.UTF8.GetString(archive.Slice(110, nameSize - 1));
            Assert.Equal(0, archive[110 + nameSize - 1]);
            int content = (110 + nameSize + 3) & ~3;
            if (name == "TRAILER!!!")
            {
                Assert.Equal(content, archive.Length);
                return entries;
            }

            entries.Add((name, mode, Encoding.UTF8.GetString(archive.Slice(content, size))));
            archive = archive[((content + size + 3) & ~3)..];
        }
    }

    private static int Field(ReadOnlySpan<byte> header, int number) =>
        int.Parse(Encoding.ASCII.GetString(header.Slice(6 + (8 * number), 8)), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
