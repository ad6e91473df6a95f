namespace LightVM.Toolstack;

/// <summary>
/// Waits for an answer of lightvm-io for a bounded time. A request that was given up is still under way: lightvm-io may do it when
/// it has time again, and must not be left with what nobody has recorded.
/// </summary>
internal static class BoundedAnswer
{
    /// <param name="giveUp">
    /// Called once when the time is over, before this fails: sends what takes the request back. lightvm-io reads requests in
    /// their order, so that comes after the request and before whatever is tried next.
    /// </param>
    /// <param name="late">Called once, on any thread, when a request that was given up has succeeded all the same. Does not throw.</param>
    /// <exception cref="TimeoutException">It was given up.</exception>
    public static async Task<IoResult> WaitAsync(Task<IoResult> answer, TimeSpan patience, Action? giveUp = null, Action? late = null)
    {
        try
        {
            return await answer.WaitAsync(patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            giveUp?.Invoke();
            if (late is not null)
            {
                _ = answer.ContinueWith(
                    done =>
                    {
                        if (done.Result.Succeeded)
                        {
                            late();
                        }
                    },
                    CancellationToken.None,
                    TaskContinuationOptions.OnlyOnRanToCompletion,
                    TaskScheduler.Default);
            }

            throw;
        }
    }
}
