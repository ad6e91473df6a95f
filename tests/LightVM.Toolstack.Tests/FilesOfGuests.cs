namespace LightVM.Toolstack.Tests;

public sealed class FilesOfGuests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lightvm-test").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Are_held_once_and_for_as_long_as_a_guest_has_them()
    {
        var store = new GuestFileStore(_directory);
        IReadOnlyList<GuestFileRecord> first = store.Put([File("/a", 1), File("/b", 1), File("/c", 2)]);
        IReadOnlyList<GuestFileRecord> second = store.Put([File("/d", 2)]);
        Assert.Equal(2, Directory.GetFiles(_directory).Length);
        Assert.Equal([2], store.Read(second[0]));
        store.Release(first);
        Assert.Single(Directory.GetFiles(_directory));
        Assert.Equal([2], store.Read(second[0]));
        store.Release(second);
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void That_a_crash_left_go_at_the_next_start()
    {
        var before = new GuestFileStore(_directory);
        IReadOnlyList<GuestFileRecord> kept = before.Put([File("/a", 1)]);
        before.Put([File("/b", 2)]);
        var after = new GuestFileStore(_directory);
        after.Hold(kept);
        after.CollectGarbage();
        Assert.Single(Directory.GetFiles(_directory));
        Assert.Equal([1], after.Read(kept[0]));
    }

    private static GuestFile File(string path, byte content) => new() { Path = path, Content = [content] };
}
