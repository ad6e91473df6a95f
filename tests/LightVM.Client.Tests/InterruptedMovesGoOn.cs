namespace LightVM.Client.Tests;

/// <summary>
/// A move that is cut off anywhere, by either host or by its mover, and run again: never two copies that run, never none in the end.
/// The hosts are models by the table of docs/migration.md; what is tested is the one who asks them.
/// </summary>
public sealed class InterruptedMovesGoOn
{
    [Fact]
    public async Task A_move_that_nothing_disturbs()
    {
        await using MoveWorld world = await MoveWorld.StartAsync();
        Guest moved = await world.MoveAsync();
        Assert.Equal(GuestState.Running, moved.State);
        Assert.Equal(["here: absent", "there: running"], world.Copies);
        Assert.Equal(1, world.MostRunning);
        Assert.True(world.Received.SequenceEqual(world.Sent));
    }

    [Theory]
    [InlineData(MoveFault.LosesRequest)]
    [InlineData(MoveFault.LosesAnswer)]
    [InlineData(MoveFault.SourceDown)]
    [InlineData(MoveFault.DestinationDown)]
    [InlineData(MoveFault.MoverGone)]
    public async Task A_move_that_is_cut_off_anywhere_is_whole_after_the_next(MoveFault fault)
    {
        int steps = await CountStepsAsync();
        for (int at = 0; at < steps; at++)
        {
            await using MoveWorld world = await MoveWorld.StartAsync();
            world.Arm(fault, at);
            string first = await TryAsync(world);
            world.Heal();
            string why = $"{fault} at step {at}: {first}; {string.Join("; ", world.Copies)}";
            Assert.True(world.MostRunning <= 1, why);
            await world.SettledAsync();
            string second = world.Copies[0] == "here: absent" && world.Copies[1] == "there: running" ? "" : await TryAsync(world);
            why = $"{why}; then {second}; {string.Join("; ", world.Copies)}; {string.Join(", ", world.Log)}";
            Assert.True(world.MostRunning <= 1, why);
            Assert.True(world.Copies is ["here: absent", "there: running"], why);
        }
    }

    [Fact]
    public async Task A_destination_that_cannot_start_it_drops_it_and_it_goes_on_where_it_was()
    {
        await using MoveWorld world = await MoveWorld.StartAsync();
        world.RefuseStart = ErrorCodes.DiskInUse;
        LightVMException refused = await Assert.ThrowsAsync<LightVMException>(() => world.MoveAsync());
        Assert.Equal(ErrorCodes.DiskInUse, refused.Problem.Code);
        Assert.Equal(["here: running", "there: absent"], world.Copies);
    }

    [Fact]
    public async Task A_refusal_in_the_middle_of_the_stream_is_what_is_told()
    {
        await using MoveWorld world = await MoveWorld.StartAsync();
        world.RefuseReceive = ErrorCodes.AddressInUse;
        LightVMException refused = await Assert.ThrowsAsync<LightVMException>(() => world.MoveAsync());
        Assert.Equal(ErrorCodes.AddressInUse, refused.Problem.Code);
        await world.SettledAsync();
        Assert.Equal(["here: running", "there: absent"], world.Copies);
    }

    [Fact]
    public async Task What_was_canceled_before_it_was_given_up_runs_on()
    {
        await using MoveWorld world = await MoveWorld.StartAsync();
        using var cancel = new CancellationTokenSource();
        world.BeforeSent = cancel.Cancel;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.MoveAsync(cancel.Token));
        await world.SettledAsync();
        Assert.Equal(["here: running", "there: absent"], world.Copies);
    }

    [Theory]
    [InlineData(null, null, null, null, "NotFound")]
    [InlineData(null, null, "Incoming", "Received", "Undecided")]
    [InlineData(null, null, "Running", "Started", "Settle")]
    [InlineData(null, null, "Running", "Starting", "Settle")]
    [InlineData(null, null, "Running", null, "NotFound")]
    [InlineData("Running", null, null, null, "Move")]
    [InlineData("Running", null, "Incoming", "Received", "DropThenMove")]
    [InlineData("Running", "Sending", "Incoming", "Received", "Move")] // which the source refuses: another mover is at it
    [InlineData("Running", null, "Running", null, "Move")] // which the destination refuses: there is one of that id
    [InlineData("InDoubt", "GivenUp", null, null, "TakeBackThenMove")]
    [InlineData("InDoubt", "GivenUp", "Incoming", "Received", "Start")]
    [InlineData("InDoubt", "GivenUp", "Running", "Starting", "Complete")]
    [InlineData("InDoubt", "GivenUp", "Running", "Started", "Complete")]
    [InlineData("InDoubt", "GivenUp", "Running", null, "Undecided")]
    [InlineData("InDoubt", "GivenUp", "Incoming", "Receiving", "Undecided")]
    public void What_is_next_follows_from_what_both_hosts_have(string? state, string? phase, string? stateThere, string? phaseThere, string next)
    {
        var move = Guid.NewGuid();
        Assert.Equal(next, MovePlan.Next(Make(state, phase, move), Make(stateThere, phaseThere, move)).ToString());
    }

    [Fact]
    public void Two_moves_of_one_guest_are_for_an_administrator()
    {
        Guest given = Make("InDoubt", "GivenUp", Guid.NewGuid())!;
        Assert.Equal(MoveStep.Undecided, MovePlan.Next(given, Make("Incoming", "Received", Guid.NewGuid())));
        Assert.Equal(MoveStep.Undecided, MovePlan.Next(given, Make("Running", "Started", Guid.NewGuid())));
    }

    private static Guest? Make(string? state, string? phase, Guid move) => state is null ? null : new Guest
    {
        Name = "web",
        Id = Guid.NewGuid(),
        Image = "hello",
        State = Enum.Parse<GuestState>(state),
        Move = phase is null ? null : new Move
        {
            Id = move,
            Phase = Enum.Parse<MovePhase>(phase),
            Role = phase is "Sending" or "GivenUp" ? MoveRole.Source : MoveRole.Destination,
        },
    };

    private static async Task<int> CountStepsAsync()
    {
        await using MoveWorld world = await MoveWorld.StartAsync();
        await world.MoveAsync();
        return world.Steps;
    }

    private static async Task<string> TryAsync(MoveWorld world)
    {
        try
        {
            await world.MoveAsync();
            return "moved";
        }
        catch (Exception e) when (e is LightVMException or OperationCanceledException)
        {
            return e is LightVMException known ? known.Problem.Code : "canceled";
        }
    }
}
