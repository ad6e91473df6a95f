using System.Text;
using LightVM.Native;
using Microsoft.Win32.SafeHandles;

namespace LightVM.Toolstack.Tests;

/// <summary>Files of checkpoints: whole or absent, whatever a crash has left, and refused when their header is not what one is.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class CheckpointsOnAHost : IDisposable
{
    private static readonly HashSet<string> None = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("lightvm-test").FullName;
    private readonly List<string> _log = [];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    internal static CheckpointHeader Header(string name = "one", DateTimeOffset? time = null) => new()
    {
        Name = name,
        CreationTime = time ?? DateTimeOffset.UnixEpoch,
        Guest = CheckpointRules.DefinitionOf(new GuestRecord
        {
            Id = Guid.NewGuid(),
            Name = "web",
            Image = "hello",
            ImageDigest = "sha256:" + new string('0', 64),
            Memory = 4 << 20,
            ControlPages = 4,
            Confirmed = true,
            State = GuestState.Running,
            DomainId = 7,
            Adapters = [new AdapterRecord { Id = 0, Slot = 1, Network = "default", Mac = "02:1c:00:00:00:01", Address = "10.0.0.2" }],
        }),
    };

    private CheckpointStore Store() => new(_directory, (_, line) => _log.Add(line));

    private static void Write(CheckpointStore store, string stem, CheckpointHeader header)
    {
        byte[] front = CheckpointFormat.Begin(header.ToJson());
        byte[] memory = new byte[5000];
        var hash = new XxHash64();
        hash.Append(front);
        hash.Append(memory);
        File.WriteAllBytes(store.PartPathOf(stem), [.. front, .. memory, .. CheckpointFormat.End(hash, memory.Length)]);
    }

    private static StoredCheckpoint Make(CheckpointStore store, string name, DateTimeOffset? time = null, bool automatic = false, bool replace = false)
    {
        CheckpointHeader header = Header(name, time);
        string stem = store.Reserve(name, automatic, replace);
        Write(store, stem, header);
        StoredCheckpoint stored = store.Commit(stem, header, out string? replaced);
        store.DropReplaced(replaced);
        store.Release(name);
        return stored;
    }

    [Fact]
    public void Are_found_by_the_next_daemon()
    {
        StoredCheckpoint made = Make(Store(), "one");
        CheckpointStore next = Store();
        next.Load(None, None);
        StoredCheckpoint found = next.Find("one")!;
        Assert.Equal((made.Stem, made.Size, false), (found.Stem, found.Size, found.Automatic));
        Assert.Equal("web", found.ToCheckpoint(inUse: false).GuestName);
        using SafeFileHandle file = next.Open(found);
        Assert.Equal(4096, CheckpointFile.Verify(file, "one").MemoryOffset);
    }

    [Fact]
    public void Are_swept_when_they_were_not_finished_or_not_confirmed()
    {
        CheckpointStore store = Store();
        string half = store.Reserve("half", automatic: false, replace: false);
        Write(store, half, Header("half"));
        StoredCheckpoint unconfirmed = Make(store, "unconfirmed");
        Make(store, "kept");
        File.WriteAllText(store.DiskPathOf("gone.12345678", 0), "a copy without its checkpoint");
        CheckpointStore next = Store();
        next.Load(new HashSet<string> { unconfirmed.Stem }, None);
        Assert.Equal("kept", Assert.Single(next.All).Name);
        Assert.Single(Directory.GetFiles(_directory));
    }

    [Fact]
    public void Are_replaced_whole_and_the_old_one_is_there_until_then()
    {
        CheckpointStore store = Store();
        StoredCheckpoint old = Make(store, "one", DateTimeOffset.UnixEpoch);
        Assert.Equal(ErrorCodes.CheckpointExists, Assert.Throws<LightVMException>(() => store.Reserve("one", false, replace: false)).Problem.Code);
        string stem = store.Reserve("one", automatic: false, replace: true);
        Assert.Throws<LightVMException>(() => store.Reserve("one", false, replace: true)); // somebody is at it
        Write(store, stem, Header());
        Assert.Equal(old.Stem, store.Find("one")!.Stem);
        store.Delete(stem); // it failed
        store.Release("one");
        Assert.Equal(old.Stem, store.Find("one")!.Stem);
        StoredCheckpoint newer = Make(store, "one", DateTimeOffset.UnixEpoch.AddDays(1), replace: true);
        Assert.Equal(newer.Stem, store.Find("one")!.Stem);
        Assert.Single(Directory.GetFiles(_directory));
    }

    [Fact]
    public void Go_by_themselves_only_when_nobody_named_them()
    {
        CheckpointStore store = Store();
        StoredCheckpoint named = Make(store, "named");
        StoredCheckpoint automatic = Make(store, "automatic", automatic: true);
        store.LetGo(named.Stem);
        store.LetGo(automatic.Stem);
        store.LetGo(null);
        Assert.Equal("named", Assert.Single(store.All).Name);
    }

    [Fact]
    public void Are_left_alone_and_not_entered_when_they_are_none()
    {
        File.WriteAllText(Path.Combine(_directory, "x.00000000.lvmck"), "hello");
        CheckpointStore store = Store();
        store.Load(None, None);
        Assert.Empty(store.All);
        Assert.True(File.Exists(Path.Combine(_directory, "x.00000000.lvmck")));
        Assert.Single(_log);
    }

    [Fact]
    public void Have_headers_that_are_checked_whoever_wrote_them()
    {
        string good = Encoding.UTF8.GetString(Header().ToJson());
        CheckpointHeader.Parse(Encoding.UTF8.GetBytes(good), "a");
        foreach ((string from, string to) in ((string, string)[])
        [
            ("\"name\":\"web\"", "\"name\":\"../../etc\""), ("\"name\":\"one\"", "\"name\":\"One.\""), ("\"memory\":4194304", "\"memory\":4194305"),
            ("\"memory\":4194304", "\"memory\":-4096"), ("\"slot\":1", "\"slot\":99"), ("\"controlPages\":4", "\"controlPages\":-1"),
            ("\"vcpuCount\":1", "\"vcpuCount\":100000"), ("sha256:", "sha255:"), ("\"labels\":{}", "\"labels\":null"), ("{\"name\"", "{\"name\":1,\"name\""),
            ("\"adapters\":[", "\"adapters\":[null,"),
        ])
        {
            Assert.Contains(from, good, StringComparison.Ordinal);
            string bad = good.Replace(from, to, StringComparison.Ordinal);
            LightVMException e = Assert.Throws<LightVMException>(() => CheckpointHeader.Parse(Encoding.UTF8.GetBytes(bad), "a"));
            Assert.Equal(ErrorCodes.CheckpointInvalid, e.Problem.Code);
        }
    }

    [Fact]
    public void Have_headers_of_which_no_bytes_break_the_parser()
    {
        byte[] good = Header().ToJson();
        var random = new Random(3);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. good];
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                CheckpointHeader.Parse(bytes.AsSpan(0, random.Next(2) == 0 ? bytes.Length : random.Next(bytes.Length)), "a");
            }
            catch (LightVMException e)
            {
                Assert.Equal(ErrorCodes.CheckpointInvalid, e.Problem.Code);
            }
        }
    }

    [Fact]
    public void Know_a_disk_that_was_written_to_since()
    {
        string path = Path.Combine(_directory, "disk.img");
        File.WriteAllBytes(path, new byte[1 << 20]);
        DiskMark mark = DiskMark.Of(new DiskRecord { Path = path });
        Assert.Null(mark.Difference());
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(5));
        Assert.Equal("was written to since", mark.Difference());
        File.Delete(path);
        Assert.Equal("is not there any more", mark.Difference());
    }

    [Fact]
    public void Copy_disks_as_they_are_and_without_their_holes()
    {
        string path = Path.Combine(_directory, "disk.img");
        using (FileStream disk = File.Create(path))
        {
            disk.SetLength(64 << 20);
            disk.Position = 32 << 20;
            disk.Write("in the middle"u8);
        }

        using OpenDisk? locked = Disks.TryOpen(new ManagedGuest(Header().Guest), new DiskRecord { Path = path }); // as it is while its guest is saved
        string copy = Path.Combine(_directory, "copy.img");
        DiskCopy.Run(path, copy);
        locked!.Dispose();
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(copy));
        Assert.True(DiskFile.Look(copy).Blocks < 4096);
        Assert.Throws<IOException>(() => DiskCopy.Run(path, copy));
        if (DiskCopy.TryShare(path, copy + "2"))
        {
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(copy + "2"));
        }
        else
        {
            Assert.False(File.Exists(copy + "2"));
        }
    }
}
