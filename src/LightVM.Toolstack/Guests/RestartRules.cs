namespace LightVM.Toolstack;

/// <summary>Whether and when a guest that ended is started again. Pure.</summary>
internal static class RestartRules
{
    /// <summary>A life that lasted so long has not failed: the delays begin anew.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <param name="stopRequested">Whether it was asked to stop.</param>
    public static RestartDecision Decide(RestartPolicy policy, CrashAction onCrash, string reason, bool stopRequested)
    {
        bool crashed = reason == EndReasons.Crash;
        if (stopRequested || (crashed && onCrash == CrashAction.Preserve))
        {
            return RestartDecision.Rest;
        }

        if (reason == EndReasons.Reboot || (crashed && onCrash == CrashAction.Restart))
        {
            return RestartDecision.AtOnce;
        }

        return policy switch
        {
            RestartPolicy.Always => RestartDecision.BackOff,
            RestartPolicy.OnFailure when crashed => RestartDecision.BackOff,
            _ => RestartDecision.Rest,
        };
    }

    /// <summary>Whether an end is what somebody asked for.</summary>
    /// <param name="stopRequested">Whether this life was asked to power off. After a stop that timed out it still is, and may yet do so.</param>
    /// <param name="desiredRunning">Whether it is to run: again so, after a stop that timed out.</param>
    public static bool IsStop(string reason, bool stopRequested, bool desiredRunning) =>
        !desiredRunning || (stopRequested && reason != EndReasons.Crash);

    /// <param name="shortLives">How many lives in a row, this one included, were shorter than <see cref="Settled"/>.</param>
    public static TimeSpan Delay(RestartDecision decision, int shortLives)
    {
        int doublings = Math.Max(shortLives - 1, 0);
        if (decision == RestartDecision.AtOnce && doublings == 0)
        {
            return TimeSpan.Zero;
        }

        return doublings >= 10 ? Longest : TimeSpan.FromTicks(Math.Min(First.Ticks << doublings, Longest.Ticks));
    }
}
