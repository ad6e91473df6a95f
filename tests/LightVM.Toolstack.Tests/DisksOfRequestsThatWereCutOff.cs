using System.Text.Json;
using LightVM.Native;

namespace LightVM.Toolstack.Tests;

/// <summary>What becomes of files that were made for disks when lightvmd was killed before it could answer.</summary>
public sealed class DisksOfRequestsThatWereCutOff : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lightvm-test").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Are_intended_only_where_nothing_is()
    {
        File.WriteAllText(At("there"), "");
        File.CreateSymbolicLink(At("link"), At("there"));
        DiskDefinition[] disks =
        [
            new() { Path = At("new"), Size = 4096 }, new() { Path = At("there"), Size = 4096 }, new() { Path = At("link"), Size = 4096 }, new() { Path = At("absent") },
            new() { Path = At("read"), Size = 4096, ReadOnly = true },
        ];
        Assert.Equal([new DiskIntent { Path = At("new"), Size = 4096 }], DiskIntent.Of(disks));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Go_whether_or_not_they_were_known_to_be_made(bool known)
    {
        IReadOnlyList<DiskIntent> intents = DiskIntent.Of([new DiskDefinition { Path = At("new"), Size = 4096 }]);
        Assert.True(DiskFile.TryCreate(At("new"), 4096));
        ManagedGuest guest = Guest(known ? [DiskIntent.OfMade(At("new"))] : intents);
        if (known)
        {
            File.WriteAllText(At("new"), "a guest that ran wrote this"); // same file
        }

        Assert.Equal([guest], TakeAway(guest));
        Assert.False(File.Exists(At("new")));
        Assert.Empty(guest.Record.DiskIntents);
        Assert.Empty(TakeAway(guest));
    }

    [Fact]
    public void Stay_if_they_are_others_than_were_made()
    {
        // Recorded, and then made by somebody else: it has contents.
        IReadOnlyList<DiskIntent> intents = DiskIntent.Of([new DiskDefinition { Path = At("new"), Size = 4096 }]);
        File.WriteAllBytes(At("new"), new byte[4096]);
        TakeAway(Guest(intents));
        Assert.True(File.Exists(At("new")));
        // Made by us, and replaced by the user since.
        DiskIntent made = DiskIntent.OfMade(At("new"));
        File.WriteAllText(At("other"), "mine");
        File.Move(At("other"), At("new"), overwrite: true);
        TakeAway(Guest([made]));
        Assert.Equal("mine", File.ReadAllText(At("new")));
        // The same inode of another time.
        made = DiskIntent.OfMade(At("new"));
        Assert.False((made with { Birth = made.Birth + 1 }).IsOf(DiskFile.Look(At("new"))));
        // A link to what was made.
        File.Move(At("new"), At("moved"));
        File.CreateSymbolicLink(At("new"), At("moved"));
        TakeAway(Guest([made]));
        Assert.True(File.Exists(At("moved")));
        Assert.NotNull(new FileInfo(At("new")).LinkTarget);
    }

    [Fact]
    public void Stay_if_a_guest_that_stays_has_them()
    {
        Assert.True(DiskFile.TryCreate(At("new"), 4096));
        File.CreateSymbolicLink(At("link"), At("new"));
        DiskIntent made = DiskIntent.OfMade(At("new"));
        foreach (string path in (string[])["new", "link"])
        {
            ManagedGuest other = Guest([]);
            other.Update(record => record with { Confirmed = true, Disks = [new DiskRecord { Path = At(path) }] });
            ManagedGuest guest = Guest([made]);
            Assert.Equal([guest], TakeAway(guest, other));
            Assert.True(File.Exists(At("new")));
            other.Update(record => record with { Confirmed = false });
        }

        ManagedGuest last = Guest([made]);
        last.Update(record => record with { Disks = [new DiskRecord { Path = At("new") }] });
        TakeAway(last);
        Assert.False(File.Exists(At("new")));
    }

    [Fact]
    public void Go_from_a_guest_that_was_to_get_them_while_it_ran()
    {
        Assert.True(DiskFile.TryCreate(At("old"), 4096));
        Assert.True(DiskFile.TryCreate(At("new"), 4096));
        ManagedGuest guest = Guest([DiskIntent.OfMade(At("new"))]);
        guest.Update(record => record with { Confirmed = true, Disks = [new DiskRecord { Path = At("old") }] });
        TakeAway(guest);
        Assert.Equal([At("old")], Directory.GetFiles(_directory));
    }

    [Fact]
    public void Are_remembered_as_they_were_made()
    {
        Assert.True(DiskFile.TryCreate(At("new"), 4096));
        GuestRecord record = Guest([DiskIntent.OfMade(At("new"))]).Record;
        Assert.NotEqual((0UL, 0L), (record.DiskIntents[0].Inode, record.DiskIntents[0].Size));
        string json = JsonSerializer.Serialize(record, ToolstackJson.Default.GuestRecord);
        Assert.Equal(record.DiskIntents, JsonSerializer.Deserialize(json, ToolstackJson.Default.GuestRecord)!.DiskIntents);
    }

    private static ManagedGuest Guest(IReadOnlyList<DiskIntent> intents) =>
        new(new GuestRecord { Id = Guid.NewGuid(), Name = "g", Image = "i", ImageDigest = "d", DiskIntents = intents });

    private static IReadOnlyList<ManagedGuest> TakeAway(params ManagedGuest[] guests) => UnconfirmedDisks.TakeAway(guests, (_, _) => { });

    private string At(string name) => Path.Combine(_directory, name);
}
