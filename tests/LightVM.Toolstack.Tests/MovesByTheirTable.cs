using LightVM.Native;

namespace LightVM.Toolstack.Tests;

/// <summary>The table of docs/migration.md: which step may follow which, and what a starting daemon does.</summary>
public sealed class MovesByTheirTable
{
    private static readonly Guid Id = Guid.NewGuid();
    private static readonly string Token = MoveProof.NewToken();

    private static readonly GuestRecord Running = new()
    {
        Id = Guid.NewGuid(),
        Name = "web",
        Image = "hello",
        ImageDigest = "sha256:0",
        Confirmed = true,
        DesiredRunning = true,
        State = GuestState.Running,
        DomainId = 7,
    };

    private static readonly FoundDomain Suspended = new(7, DomainFlags.Shutdown, ShutdownReason.Suspend);
    private static readonly FoundDomain Paused = new(7, DomainFlags.Paused, ShutdownReason.PowerOff);

    private static GuestRecord At(MovePhase phase, GuestState state = GuestState.Running) => Running with
    {
        State = state,
        DesiredRunning = state == GuestState.Running,
        Confirmed = phase != MovePhase.Receiving,
        Move = new MoveRecord
        {
            Id = Id,
            Role = phase is MovePhase.Sending or MovePhase.GivenUp ? MoveRole.Source : MoveRole.Destination,
            Phase = phase,
            Peer = "other",
            Secret = phase is MovePhase.Sending or MovePhase.GivenUp ? Token : MoveProof.Of(Token),
        },
    };

    [Theory]
    [InlineData(GuestType.Pvh, 32, true)]
    [InlineData(GuestType.Pvh, 31, false)]
    [InlineData(GuestType.Pv, 4096, false)]
    public void Large_guests_are_copied_while_they_run_where_Xen_logs_what_they_write(GuestType type, long megabytes, bool live) =>
        Assert.Equal(live, MoveRules.IsLive(Running with { Type = type, Memory = megabytes << 20 }));

    [Fact]
    public void A_source_that_was_killed_before_it_gave_up_has_the_guest_go_on()
    {
        Assert.Equal(AdoptionDecision.GoOn, AdoptionRules.Decide(At(MovePhase.Sending), Suspended, sameBoot: true));
        Assert.Equal(AdoptionDecision.Keep, AdoptionRules.Decide(At(MovePhase.Sending), new FoundDomain(7, DomainFlags.Blocked, ShutdownReason.PowerOff), sameBoot: true));
        Assert.Equal(AdoptionDecision.Gone, AdoptionRules.Decide(At(MovePhase.Sending), null, sameBoot: true));
        Assert.Equal(AdoptionDecision.End, AdoptionRules.Decide(At(MovePhase.Sending), Suspended with { Reason = ShutdownReason.Crash }, sameBoot: true));
    }

    [Fact]
    public void A_source_that_was_killed_after_that_leaves_it_as_it_is()
    {
        GuestRecord given = At(MovePhase.GivenUp, GuestState.InDoubt);
        Assert.Equal(AdoptionDecision.Hold, AdoptionRules.Decide(given, Suspended, sameBoot: true));
        Assert.Equal(AdoptionDecision.Rest, AdoptionRules.Decide(given, null, sameBoot: true));
        Assert.Equal(AdoptionDecision.Rest, AdoptionRules.Decide(given, null, sameBoot: false));
        Assert.Equal(AdoptionDecision.Rest, AdoptionRules.Decide(given with { RestartPolicy = RestartPolicy.Always }, null, sameBoot: false));
    }

    [Fact]
    public void A_destination_forgets_what_was_not_received_whole()
    {
        GuestRecord coming = At(MovePhase.Receiving, GuestState.Incoming);
        Assert.Equal(AdoptionDecision.Forget, AdoptionRules.Decide(coming, Paused, sameBoot: true));
        Assert.True(AdoptionRules.IsStray(coming, Paused));
    }

    [Fact]
    public void A_destination_keeps_what_was_received_and_drops_what_is_gone()
    {
        GuestRecord received = At(MovePhase.Received, GuestState.Incoming);
        Assert.Equal(AdoptionDecision.Hold, AdoptionRules.Decide(received, Paused, sameBoot: true));
        Assert.Equal(AdoptionDecision.Forget, AdoptionRules.Decide(received, null, sameBoot: true));
        Assert.Equal(AdoptionDecision.Forget, AdoptionRules.Decide(received, null, sameBoot: false));
        Assert.False(AdoptionRules.IsStray(received, Paused));
    }

    [Fact]
    public void A_destination_that_was_killed_as_it_started_adopts_it_as_any_guest()
    {
        Assert.Equal(AdoptionDecision.Keep, AdoptionRules.Decide(At(MovePhase.Starting), Paused, sameBoot: true));
        Assert.Equal(AdoptionDecision.Keep, AdoptionRules.Decide(At(MovePhase.Started), Paused, sameBoot: true));
    }

    [Fact]
    public void A_guest_is_started_for_the_sources_token_only()
    {
        MoveRecord received = At(MovePhase.Received).Move!;
        Assert.True(MoveRules.MayStart(received, Token, force: false));
        Assert.False(MoveRules.MayStart(received, null, force: false));
        Assert.False(MoveRules.MayStart(received, MoveProof.NewToken(), force: false));
        Assert.False(MoveRules.MayStart(received, received.Secret, force: false)); // what the destination knows is no token
        Assert.True(MoveRules.MayStart(received, null, force: true));
        Assert.False(MoveRules.MayStart(At(MovePhase.Receiving).Move!, Token, force: true));
        Assert.True(MoveProof.IsProof(received.Secret));
        Assert.False(MoveProof.IsProof(received.Secret[..63] + "x"));
        Assert.False(MoveProof.IsProof(null));
    }

    [Theory]
    [InlineData(MovePhase.Sending, false, false, false)]
    [InlineData(MovePhase.GivenUp, true, false, false)]
    [InlineData(MovePhase.Receiving, false, false, false)]
    [InlineData(MovePhase.Received, false, true, false)]
    [InlineData(MovePhase.Starting, false, false, true)]
    [InlineData(MovePhase.Started, false, false, true)]
    public void A_step_follows_its_own_only(MovePhase phase, bool mayComplete, bool mayDrop, bool maySettle)
    {
        GuestRecord record = At(phase);
        Assert.Equal(mayComplete, MoveRules.IsGivenUp(record, Id));
        Assert.Equal(mayDrop, MoveRules.IsReceived(record, Id));
        Assert.Equal(maySettle, MoveRules.HasStarted(record, Id));
        Assert.False(MoveRules.IsGivenUp(record, Guid.NewGuid()) || MoveRules.IsReceived(record, Guid.NewGuid()) || MoveRules.HasStarted(record, Guid.NewGuid()));
    }

    [Fact]
    public void Nobody_acts_on_a_guest_between_two_hosts()
    {
        Assert.True(MoveRules.IsUndecided(At(MovePhase.GivenUp, GuestState.InDoubt)));
        Assert.True(MoveRules.IsUndecided(At(MovePhase.Received, GuestState.Incoming)));
        Assert.False(MoveRules.IsUndecided(At(MovePhase.Started)));
        var guest = new ManagedGuest(At(MovePhase.GivenUp, GuestState.InDoubt));
        LightVMException refused = Assert.Throws<LightVMException>(() => GuestGate.TryEnter(guest, "web"));
        Assert.Equal(ErrorCodes.MoveInDoubt, refused.Problem.Code);
        Assert.Equal(1, guest.Gate.CurrentCount);
    }
}
