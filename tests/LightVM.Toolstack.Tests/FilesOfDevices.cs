using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LightVM.Toolstack.Tests;

public sealed class FilesOfDevices : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lightvm-test").FullName;
    private readonly DeviceFiles _files;

    public FilesOfDevices() => _files = new DeviceFiles(_directory);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Are_empty_for_a_life_and_kept_for_as_long_as_that()
    {
        var id = Guid.NewGuid();
        using (var journal = _files.NewJournal(id, 0))
        {
            Assert.Equal(DeviceFiles.JournalSize, RandomAccess.GetLength(journal));
            RandomAccess.Write(journal, [1], 100);
        }

        using (var journal = _files.ReopenJournal(id, 0))
        {
            byte[] read = new byte[1];
            RandomAccess.Read(journal, read, 100);
            Assert.Equal(1, read[0]);
        }

        using (var journal = _files.NewJournal(id, 0))
        {
            byte[] read = new byte[1];
            RandomAccess.Read(journal, read, 100);
            Assert.Equal(0, read[0]);
        }
    }

    [Fact]
    public void Say_of_a_stock_guest_what_its_store_is_to_say()
    {
        GuestRecord record = Record(Guid.NewGuid()) with { Name = "deb", Memory = 64 << 20, VCpuCount = 2 };
        using var store = _files.NewStore(record, 7);
        byte[] bytes = new byte[Unsafe.SizeOf<StoreAbout>()];
        RandomAccess.Read(store, bytes, 0);
        StoreAbout about = MemoryMarshal.Read<StoreAbout>(bytes);
        Assert.Equal("STRE"u8.ToArray(), bytes[..4]);
        Assert.Equal((record.Id, 7u, 2u, 64UL << 20), ((Guid)about.Uuid, about.DomainId, about.VCpuCount, about.Memory));
        Assert.Equal(DeviceFiles.StoreSize, RandomAccess.GetLength(store));
    }

    [Fact]
    public void Go_with_their_lives_and_disks()
    {
        GuestRecord living = Record(Guid.NewGuid()) with { Disks = [new DiskRecord { Id = 1, Path = "/a" }] };
        GuestRecord gone = Record(Guid.NewGuid()) with { Disks = [new DiskRecord { Id = 0, Path = "/b" }] };
        foreach ((Guid id, int disk) in ((Guid, int)[])[(living.Id, 0), (living.Id, 1), (gone.Id, 0)])
        {
            _files.NewJournal(id, disk).Dispose();
        }

        _files.NewStore(living, 1).Dispose();
        _files.NewStore(gone, 2).Dispose();
        File.WriteAllText(Path.Combine(_directory, "block", "else"), "");

        _files.DeleteOthers(id => id == living.Id ? living : null);

        Assert.Equal([$"{living.Id:D}-1"], Directory.GetFiles(Path.Combine(_directory, "block")).Select(Path.GetFileName));
        Assert.Equal([$"{living.Id:D}"], Directory.GetFiles(Path.Combine(_directory, "store")).Select(Path.GetFileName));
        _files.EndLife(living, new Life(1, 1, 0, 1, 0, 3));
        Assert.Empty(Directory.GetFiles(Path.Combine(_directory, "block")));
        Assert.Empty(Directory.GetFiles(Path.Combine(_directory, "store")));
    }

    private static GuestRecord Record(Guid id) => new() { Id = id, Name = "g", Image = "i", ImageDigest = "d" };
}
