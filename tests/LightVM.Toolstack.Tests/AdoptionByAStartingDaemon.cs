using LightVM.Native;

namespace LightVM.Toolstack.Tests;

public sealed class AdoptionByAStartingDaemon
{
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

    private static readonly GuestRecord Resting = Running with { State = GuestState.Stopped, DomainId = null };

    private static FoundDomain Domain(uint id = 7, DomainFlags flags = DomainFlags.Blocked) => new(id, flags, ShutdownReason.PowerOff);

    [Fact]
    public void Forgets_what_no_answer_confirmed()
    {
        Assert.Equal(AdoptionDecision.Forget, AdoptionRules.Decide(Running with { Confirmed = false }, Domain(), sameBoot: true));
        Assert.Equal(AdoptionDecision.Forget, AdoptionRules.Decide(Running with { Confirmed = false, DomainId = null }, null, sameBoot: false));
        Assert.True(AdoptionRules.IsStray(Running with { Confirmed = false }, Domain()));
    }

    [Fact]
    public void Keeps_what_runs()
    {
        Assert.Equal(AdoptionDecision.Keep, AdoptionRules.Decide(Running, Domain(), sameBoot: true));
        Assert.Equal(AdoptionDecision.Keep, AdoptionRules.Decide(Running with { State = GuestState.Paused }, Domain(flags: DomainFlags.Paused), sameBoot: true));
        Assert.False(AdoptionRules.IsStray(Running, Domain()));
    }

    [Fact]
    public void Deals_with_an_end_that_waits() =>
        Assert.Equal(AdoptionDecision.End, AdoptionRules.Decide(Running, Domain(flags: DomainFlags.Shutdown), sameBoot: true));

    [Fact]
    public void Lets_go_on_what_was_suspended_for_a_save_that_no_answer_confirmed()
    {
        var suspended = new FoundDomain(7, DomainFlags.Shutdown, ShutdownReason.Suspend);
        GuestRecord saving = Running with { Saving = new SaveIntent { File = "web-1.00000000" } };
        Assert.Equal(AdoptionDecision.GoOn, AdoptionRules.Decide(saving, suspended, sameBoot: true));
        Assert.Equal(AdoptionDecision.Keep, AdoptionRules.Decide(saving, Domain(), sameBoot: true));
        Assert.Equal(AdoptionDecision.End, AdoptionRules.Decide(saving, Domain(flags: DomainFlags.Shutdown), sameBoot: true));
        Assert.Equal(AdoptionDecision.End, AdoptionRules.Decide(Running, suspended, sameBoot: true));
    }

    [Fact]
    public void Lets_a_saved_guest_rest_and_takes_a_domain_of_it_for_a_stray()
    {
        GuestRecord saved = Resting with { State = GuestState.Saved, Checkpoint = "web-1.00000000", DesiredRunning = false };
        Assert.Equal(AdoptionDecision.Rest, AdoptionRules.Decide(saved, null, sameBoot: true));
        Assert.Equal(AdoptionDecision.Rest, AdoptionRules.Decide(saved, null, sameBoot: false));
        Assert.True(AdoptionRules.IsStray(saved, new FoundDomain(7, DomainFlags.Shutdown, ShutdownReason.Suspend)));
    }

    [Fact]
    public void Keeps_what_was_about_to_be_let_run_from_a_checkpoint() =>
        Assert.Equal(
            AdoptionDecision.Keep,
            AdoptionRules.Decide(Running with { Restoring = "web-1.00000000" }, Domain(flags: DomainFlags.Paused), sameBoot: true));

    [Fact]
    public void Keeps_a_crash_that_is_preserved() =>
        Assert.Equal(
            AdoptionDecision.Keep,
            AdoptionRules.Decide(Running with { State = GuestState.Crashed, DesiredRunning = false }, Domain(flags: DomainFlags.Shutdown), sameBoot: true));

    [Fact]
    public void Sees_that_a_domain_is_gone()
    {
        Assert.Equal(AdoptionDecision.Gone, AdoptionRules.Decide(Running, null, sameBoot: true));
        Assert.Equal(AdoptionDecision.Rest, AdoptionRules.Decide(Running with { State = GuestState.Crashed }, null, sameBoot: true));
    }

    [Fact]
    public void Takes_a_domain_of_another_number_for_an_unconfirmed_start()
    {
        Assert.Equal(AdoptionDecision.Gone, AdoptionRules.Decide(Running, Domain(id: 8), sameBoot: true));
        Assert.True(AdoptionRules.IsStray(Running, Domain(id: 8)));
        Assert.True(AdoptionRules.IsStray(Resting, Domain(id: 8)));
    }

    [Fact]
    public void Tells_a_boot_of_the_host_from_a_restart_of_the_daemon()
    {
        Assert.Equal(AdoptionDecision.HostReboot, AdoptionRules.Decide(Running, null, sameBoot: false));
        // A domain of the same number after a boot is another one.
        Assert.Equal(AdoptionDecision.HostReboot, AdoptionRules.Decide(Running, Domain(), sameBoot: false));
    }

    [Fact]
    public void Leaves_at_rest_what_was_stopped_by_request()
    {
        Assert.Equal(AdoptionDecision.Rest, AdoptionRules.Decide(Resting with { DesiredRunning = false }, null, sameBoot: true));
        Assert.Equal(AdoptionDecision.Rest, AdoptionRules.Decide(Resting with { DesiredRunning = false }, null, sameBoot: false));
    }

    [Fact]
    public void Goes_on_with_a_restart_that_was_planned()
    {
        Assert.Equal(AdoptionDecision.ResumeRestart, AdoptionRules.Decide(Resting with { EndReason = "crash" }, null, sameBoot: true));
        Assert.Equal(AdoptionDecision.HostReboot, AdoptionRules.Decide(Resting with { EndReason = "crash" }, null, sameBoot: false));
        Assert.Equal(AdoptionDecision.HostReboot, AdoptionRules.Decide(Resting with { EndReason = "hostReboot" }, null, sameBoot: true));
    }
}
