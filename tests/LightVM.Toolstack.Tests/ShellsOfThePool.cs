namespace LightVM.Toolstack.Tests;

public sealed class ShellsOfThePool
{
    private const long Megabyte = 1L << 20;

    [Fact]
    public void The_emptiest_flavour_gets_the_next_shell()
    {
        Assert.Equal(1, PoolBudget.Next([(8, 4, Megabyte, true), (8, 3, Megabyte, true)], 64 * Megabyte));
        Assert.Equal(0, PoolBudget.Next([(8, 4, Megabyte, true), (2, 2, Megabyte, true)], 64 * Megabyte));
        Assert.Equal(1, PoolBudget.Next([(100, 10, Megabyte, true), (2, 0, Megabyte, true)], 64 * Megabyte));
        Assert.Equal(-1, PoolBudget.Next([(8, 8, Megabyte, true)], 64 * Megabyte));
        Assert.Equal(-1, PoolBudget.Next([], 64 * Megabyte));
    }

    [Fact]
    public void A_flavour_that_backs_off_is_passed_over() =>
        Assert.Equal(1, PoolBudget.Next([(8, 0, Megabyte, false), (8, 7, Megabyte, true)], 64 * Megabyte));

    [Fact]
    public void Nothing_is_made_beyond_the_budget()
    {
        Assert.Equal(0, PoolBudget.Next([(8, 3, Megabyte, true)], 4 * Megabyte));
        Assert.Equal(-1, PoolBudget.Next([(8, 4, Megabyte, true)], 4 * Megabyte));
        Assert.Equal(1, PoolBudget.Next([(8, 1, 3 * Megabyte, true), (8, 1, Megabyte, true)], 5 * Megabyte));
        Assert.Equal(-1, PoolBudget.Next([(8, 0, Megabyte, true)], 0));
    }

    [Fact]
    public void What_is_not_wanted_or_does_not_fit_is_given_up()
    {
        Assert.Equal([2, 0], PoolBudget.Excess([(2, 4, Megabyte, true), (4, 3, Megabyte, true)], 64 * Megabyte));
        Assert.Equal([0, 3], PoolBudget.Excess([(4, 1, Megabyte, true), (8, 5, Megabyte, true)], 3 * Megabyte));
        Assert.Equal([1, 5], PoolBudget.Excess([(4, 1, Megabyte, true), (8, 5, Megabyte, true)], 0));
        Assert.Equal([0], PoolBudget.Excess([(4, 4, Megabyte, true)], 4 * Megabyte));
    }

    [Fact]
    public void Failures_are_tried_again_ever_later_and_a_success_ends_that()
    {
        var backOff = new BackOff();
        var now = TimeSpan.FromHours(1);
        Assert.True(backOff.Left(now) <= TimeSpan.Zero);
        var pauses = new List<double>();
        for (int i = 0; i < 8; i++)
        {
            backOff.Fail(now);
            pauses.Add(backOff.Left(now).TotalSeconds);
            now += backOff.Left(now);
            Assert.Equal(TimeSpan.Zero, backOff.Left(now));
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], pauses);
        backOff.Succeed();
        Assert.True(backOff.Left(now) <= TimeSpan.Zero);
        backOff.Fail(now);
        Assert.Equal(BackOff.Shortest, backOff.Left(now));
    }

    [Fact]
    public void A_guest_fits_a_shell_by_what_cannot_change_any_more()
    {
        GuestRecord record = Record();
        ShellKind kind = ShellKind.Of(record);
        Assert.Equal(kind, ShellKind.Of(record with { Name = "b", Id = Guid.NewGuid(), Labels = new() { ["a"] = "b" }, CommandLine = "x", Arguments = ["y"], Affinity = "0" }));
        Assert.NotEqual(kind, ShellKind.Of(record with { Memory = 8 * Megabyte }));
        Assert.NotEqual(kind, ShellKind.Of(record with { VCpuCount = 2 }));
        Assert.NotEqual(kind, ShellKind.Of(record with { ImageDigest = "sha256:2" }));
        Assert.NotEqual(kind, ShellKind.Of(record with { CpuPool = 1 }));
        Assert.NotEqual(kind, ShellKind.Of(record, devices: 1));
    }

    [Fact]
    public void The_kind_of_a_definition_is_that_of_the_guest_that_it_becomes()
    {
        GuestRecord guest = Record() with
        {
            Adapters = [new AdapterRecord { Id = 0, Slot = 1, Network = "default", Mac = "00:16:3e:00:00:01" }],
            Disks = [new DiskRecord { Id = 0, Slot = 2, Path = "/a" }],
        };
        Assert.Equal(ShellKind.Of(guest), ShellKind.Of(Record(), devices: 2));
        Assert.Equal(DeviceSlots.MaxControlPages, ShellKind.Of(Record(), DeviceSlots.MaxDevices).ControlPages);
    }

    [Fact]
    public void A_flavour_is_set_changed_and_ended_by_its_kind()
    {
        PoolFlavourRecord four = new() { Image = "hello", Memory = 4 * Megabyte, Count = 3 };
        PoolFlavourRecord eight = new() { Image = "hello", Memory = 8 * Megabyte, Count = 1 };
        PoolRecord pool = PoolRules.With(PoolRules.With(new PoolRecord(), four), eight);
        Assert.Equal([four, eight], pool.Flavours);
        pool = PoolRules.With(pool, four with { Count = 5, Fleet = "shop" });
        Assert.Equal([(8 * Megabyte, 1), (4 * Megabyte, 5)], pool.Flavours.Select(flavour => (flavour.Memory, flavour.Count)));
        Assert.Equal([eight], PoolRules.With(pool, four with { Count = 0 }).Flavours);
    }

    [Fact]
    public void A_flavour_of_an_image_that_is_not_there_can_only_be_ended()
    {
        var wanted = new PoolFlavourDefinition { Memory = 4 * Megabyte, Count = 1 };
        Assert.Equal(ErrorCodes.ImageNotFound, Assert.Throws<LightVMException>(() => PoolRules.Flavour("gone", wanted, null)).Problem.Code);
        Assert.Equal(0, PoolRules.Flavour("gone", new PoolFlavourDefinition { Memory = 4 * Megabyte, Count = 0 }, null).Count);
        var many = new PoolFlavourDefinition { Count = PoolRules.MaxCount + 1 };
        Assert.Equal(ErrorCodes.InvalidArgument, Assert.Throws<LightVMException>(() => PoolRules.Flavour("gone", many, null)).Problem.Code);
    }

    private static GuestRecord Record() => new()
    {
        Id = Guid.NewGuid(),
        Name = "a",
        Image = "hello",
        ImageDigest = "sha256:1",
        Memory = 4 * Megabyte,
    };
}
