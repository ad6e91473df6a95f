namespace LightVM.Toolstack.Tests;

public sealed class DevicesOfGuests
{
    [Fact]
    public void Get_the_lowest_free_id_and_slot()
    {
        Assert.Equal(0, DeviceSlots.FreeId([]));
        Assert.Equal(1, DeviceSlots.FreeId([0, 2]));
        GuestRecord record = Record([1, 3], [2, 5]);
        Assert.Equal(4, DeviceSlots.FreeSlot(record));
        Assert.Equal(1, DeviceSlots.FreeSlot(Record([], [])));
    }

    [Fact]
    public void Have_control_pages_and_spares_up_to_what_a_guest_can_have()
    {
        Assert.Equal(3, DeviceSlots.Free(Record([1], [2]) with { ControlPages = 6 }));
        Assert.Equal(0, DeviceSlots.Free(Record([1], []) with { ControlPages = 2 }));
        Assert.Equal(1 + DeviceSlots.Spares, DeviceSlots.ControlPages(Record([], [])));
        Assert.Equal(3 + DeviceSlots.Spares, DeviceSlots.ControlPages(Record([1], [2])));
        Assert.Equal(DeviceSlots.MaxControlPages, DeviceSlots.ControlPages(Record([14], [15])));
        Assert.Equal(DeviceSlots.MaxControlPages, Headers.Constant("noxs.h", "NOXS_MAX_CONTROL"));
    }

    [Fact]
    public void Are_refused_a_running_guest_that_was_built_without_room()
    {
        var life = new Life(5, 1, 0, 1, 8, 0);
        GuestRecord record = Record([1], []) with { ControlPages = 2 };
        LightVMException e = Assert.Throws<LightVMException>(() => HotPlug.NextSlot(record, life));
        Assert.Equal(ErrorCodes.InvalidState, e.Problem.Code);
        Assert.Equal(2, HotPlug.NextSlot(record, null)); // it rests: there is room at its next start
        Assert.Equal(2, HotPlug.NextSlot(record, new Life(5, 1, 0, 1, 0, 2))); // a stock kernel has no control pages
        Assert.Equal(2, HotPlug.NextSlot(record with { ControlPages = 3 }, life));
        Assert.Equal(
            ErrorCodes.InvalidArgument,
            Assert.Throws<LightVMException>(() => HotPlug.NextSlot(Record([.. Enumerable.Range(1, 15)], []), null)).Problem.Code);
    }

    [Fact]
    public void Are_numbered_as_linux_names_them()
    {
        Assert.Equal(51712u, new DiskRecord { Id = 0, Path = "/a" }.Number); // xvda
        Assert.Equal(51728u, new DiskRecord { Id = 1, Path = "/b" }.Number); // xvdb
    }

    [Fact]
    public async Task Are_waited_for_until_the_last_is_answered()
    {
        var devices = new LifeDevices();
        Assert.True(devices.Told.IsCompleted);
        devices.Expect(2);
        devices.Answer(null);
        Assert.False(devices.Told.IsCompleted);
        devices.Answer("no");
        Assert.Equal("no", await devices.Told);
    }

    [Fact]
    public void Are_detached_without_a_life_and_waiting_until_lightvm_io_says_otherwise()
    {
        GuestRecord record = Record([1], []);
        var life = new Life(5, 1, 0, 1, 8, 0) { WantsAttached = true };
        var key = new DeviceKey(NoxsType.Net, 0);
        Assert.Equal(DeviceState.Detached, DeviceViews.Adapters(record, null, [])[0].State);
        Assert.Equal(DeviceState.Waiting, DeviceViews.Adapters(record, life, [])[0].State);
        life.Devices.Set(key, new DeviceStatus(NoxsState.Connected, Reachable: true));
        Adapter adapter = DeviceViews.Adapters(record, life, [new IoMessages.Counted { Type = NoxsType.Net, Id = 0, SentBytes = 7 }])[0];
        Assert.Equal((DeviceState.Connected, true, 7L), (adapter.State, adapter.Reachable, adapter.Counters!.SentBytes));
        life.Devices.Set(key, new DeviceStatus(NoxsState.Closed, Reachable: true));
        Assert.Equal((DeviceState.Closed, false), (DeviceViews.Adapters(record, life, [])[0].State, DeviceViews.Adapters(record, life, [])[0].Reachable));
        life.WantsAttached = false;
        Assert.Equal(DeviceState.Detached, DeviceViews.Adapters(record, life, [])[0].State);
    }

    private static GuestRecord Record(int[] adapterSlots, int[] diskSlots) => new()
    {
        Id = Guid.NewGuid(),
        Name = "g",
        Image = "i",
        ImageDigest = "d",
        Adapters = [.. adapterSlots.Select((slot, i) => new AdapterRecord { Id = i, Slot = slot, Network = "default", Mac = "02:1c:00:00:00:01" })],
        Disks = [.. diskSlots.Select((slot, i) => new DiskRecord { Id = i, Slot = slot, Path = $"/disk-{i}" })],
    };
}
