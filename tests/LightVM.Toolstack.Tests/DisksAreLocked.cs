using LightVM.Native;

namespace LightVM.Toolstack.Tests;

public sealed class DisksAreLocked : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lightvm-test").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void By_one_who_writes_or_by_many_who_read()
    {
        string path = Make(1 << 20);
        ManagedGuest guest = Guest();
        var written = new DiskRecord { Path = path };
        DiskRecord read = written with { ReadOnly = true };
        using (OpenDisk? writer = Disks.TryOpen(guest, written))
        {
            Assert.NotNull(writer);
            Assert.Equal((1L << 20, 512), (writer.Size, writer.SectorSize));
            Assert.Null(Disks.TryOpen(guest, written));
            Assert.Null(Disks.TryOpen(guest, read));
        }

        using OpenDisk? first = Disks.TryOpen(guest, read);
        using OpenDisk? second = Disks.TryOpen(guest, read);
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(Disks.TryOpen(guest, written));
    }

    [Fact]
    public void And_made_where_that_is_asked_for()
    {
        string path = Path.Combine(_directory, "new.img");
        var made = new List<string>();
        DiskRecord record = Disks.Define("g", new DiskDefinition { Path = path, Size = 1 << 30 }, 0, 1, made);
        Assert.Equal((1L << 30, path), (record.Size, Assert.Single(made)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(path).UnixFileMode);
        // One that is there stays as it is.
        record = Disks.Define("g", new DiskDefinition { Path = path, Size = 1 << 20 }, 0, 1, made);
        Assert.Equal(1L << 30, record.Size);
        Assert.Single(made);
    }

    [Fact]
    public void What_is_no_disk_is_told_apart()
    {
        Fails(ErrorCodes.DiskNotFound, Path.Combine(_directory, "absent"));
        var readOnly = new DiskDefinition { Path = Path.Combine(_directory, "absent"), Size = 1 << 20, ReadOnly = true };
        Problem problem = Assert.Throws<LightVMException>(() => Disks.Define("g", readOnly, 0, 1, [])).Problem;
        Assert.Equal(ErrorCodes.DiskNotFound, problem.Code);
        Assert.DoesNotContain("give the disk a Size", problem.Recommendation, StringComparison.Ordinal); // it has one
        Fails(ErrorCodes.InvalidArgument, _directory);
        Fails(ErrorCodes.InvalidArgument, "/dev/null");
        Fails(ErrorCodes.InvalidArgument, Make(0));
    }

    [Fact]
    public void The_same_file_by_two_names_is_one_disk()
    {
        string path = Make(4096);
        string link = Path.Combine(_directory, "link");
        File.CreateSymbolicLink(link, path);
        DiskRecord[] disks = [new() { Id = 0, Path = path }, new() { Id = 1, Path = link }];
        Assert.Equal(ErrorCodes.DiskInUse, Assert.Throws<LightVMException>(() => Disks.CheckTwice("g", disks)).Problem.Code);
        Disks.CheckTwice("g", [.. disks.Select(disk => disk with { ReadOnly = true })]);
        Assert.Equal(DiskFile.Look(path).Identity, DiskFile.Look(link).Identity);
    }

    private static ManagedGuest Guest() => new(new GuestRecord { Id = Guid.NewGuid(), Name = "g", Image = "i", ImageDigest = "d" });

    private static void Fails(string code, string path)
    {
        LightVMException e = Assert.Throws<LightVMException>(() => Disks.Define("g", new DiskDefinition { Path = path }, 0, 1, []));
        Assert.Equal(code, e.Problem.Code);
        Assert.Contains(path, e.Problem.Detail, StringComparison.Ordinal);
    }

    private string Make(long size)
    {
        string path = Path.Combine(_directory, "disk.img");
        using FileStream file = File.Create(path);
        file.SetLength(size);
        return path;
    }
}
