namespace LightVM.Toolstack.Tests;

public sealed class RestartsByPolicy
{
    [Theory]
    [InlineData(RestartPolicy.Never, "poweroff", RestartDecision.Rest)]
    [InlineData(RestartPolicy.Never, "crash", RestartDecision.Rest)]
    [InlineData(RestartPolicy.Never, "destroyed", RestartDecision.Rest)]
    [InlineData(RestartPolicy.Never, "reboot", RestartDecision.AtOnce)]
    [InlineData(RestartPolicy.OnFailure, "poweroff", RestartDecision.Rest)]
    [InlineData(RestartPolicy.OnFailure, "crash", RestartDecision.BackOff)]
    [InlineData(RestartPolicy.OnFailure, "reboot", RestartDecision.AtOnce)]
    [InlineData(RestartPolicy.Always, "poweroff", RestartDecision.BackOff)]
    [InlineData(RestartPolicy.Always, "crash", RestartDecision.BackOff)]
    [InlineData(RestartPolicy.Always, "destroyed", RestartDecision.BackOff)]
    [InlineData(RestartPolicy.Always, "reboot", RestartDecision.AtOnce)]
    internal void Follow_the_policy(RestartPolicy policy, string reason, RestartDecision expected) =>
        Assert.Equal(expected, RestartRules.Decide(policy, CrashAction.Destroy, reason, stopRequested: false));

    [Theory]
    [InlineData("poweroff")]
    [InlineData("crash")]
    [InlineData("reboot")]
    public void Do_not_follow_a_stop_by_request(string reason) =>
        Assert.Equal(RestartDecision.Rest, RestartRules.Decide(RestartPolicy.Always, CrashAction.Restart, reason, stopRequested: true));

    /// <summary>A stop that timed out leaves the guest wanted, and the request with it: it may obey yet, but a crash is no obedience.</summary>
    [Theory]
    [InlineData("poweroff", true, false, true)]
    [InlineData("crash", true, false, true)]
    [InlineData("poweroff", true, true, true)]
    [InlineData("crash", true, true, false)]
    [InlineData("poweroff", false, true, false)]
    [InlineData("crash", false, true, false)]
    public void Tell_a_stop_by_request_from_other_ends(string reason, bool stopRequested, bool desiredRunning, bool expected) =>
        Assert.Equal(expected, RestartRules.IsStop(reason, stopRequested, desiredRunning));

    [Theory]
    [InlineData(CrashAction.Destroy, RestartDecision.BackOff)]
    [InlineData(CrashAction.Dump, RestartDecision.BackOff)]
    [InlineData(CrashAction.Restart, RestartDecision.AtOnce)]
    [InlineData(CrashAction.Preserve, RestartDecision.Rest)]
    internal void Heed_what_is_to_become_of_a_crash(CrashAction action, RestartDecision expected) =>
        Assert.Equal(expected, RestartRules.Decide(RestartPolicy.Always, action, "crash", stopRequested: false));

    [Fact]
    public void Restart_after_a_crash_whatever_the_policy() =>
        Assert.Equal(RestartDecision.AtOnce, RestartRules.Decide(RestartPolicy.Never, CrashAction.Restart, "crash", stopRequested: false));

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 200)]
    [InlineData(3, 400)]
    [InlineData(10, 51_200)]
    [InlineData(11, 60_000)]
    [InlineData(1000, 60_000)]
    public void Back_off_by_doubling(int shortLives, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), RestartRules.Delay(RestartDecision.BackOff, shortLives));

    [Fact]
    public void At_once_backs_off_too_when_lives_stay_short()
    {
        Assert.Equal(TimeSpan.Zero, RestartRules.Delay(RestartDecision.AtOnce, 1));
        Assert.Equal(TimeSpan.FromMilliseconds(200), RestartRules.Delay(RestartDecision.AtOnce, 2));
    }
}
