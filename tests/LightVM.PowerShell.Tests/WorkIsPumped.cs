namespace LightVM.PowerShell.Tests;

public sealed class WorkIsPumped
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void What_the_work_posts_runs_on_the_calling_thread_in_order()
    {
        var pump = new PipelinePump();
        var seen = new List<(int Number, int Thread)>();
        pump.Run(
            async token =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    int number = i;
                    await pump.PostAsync(() => seen.Add((number, Environment.CurrentManagedThreadId)), token);
                }
            },
            Patience,
            CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 1000), seen.Select(s => s.Number));
        Assert.All(seen, s => Assert.Equal(Environment.CurrentManagedThreadId, s.Thread));
    }

    [Fact]
    public void What_the_work_throws_is_thrown_after_what_it_posted()
    {
        var pump = new PipelinePump();
        bool posted = false;
        Assert.Throws<LightVMException>(() => pump.Run(
            async token =>
            {
                await pump.PostAsync(() => posted = true, token);
                throw new LightVMException("X", "x");
            },
            Patience,
            CancellationToken.None));
        Assert.True(posted);
    }

    [Fact]
    public void What_an_action_throws_cancels_the_work()
    {
        var pump = new PipelinePump();
        var canceled = new ManualResetEventSlim();
        Assert.Throws<InvalidOperationException>(() => pump.Run(
            async token =>
            {
                await pump.PostAsync(() => throw new InvalidOperationException(), token);
                try
                {
                    await Task.Delay(Timeout.Infinite, token);
                }
                finally
                {
                    canceled.Set();
                }
            },
            Patience,
            CancellationToken.None));
        Assert.True(canceled.Wait(Patience));
    }

    [Fact]
    public void A_canceled_token_ends_it_even_if_the_work_does_not_obey()
    {
        var pump = new PipelinePump();
        using var stop = new CancellationTokenSource();
        var never = new TaskCompletionSource();
        Assert.ThrowsAny<OperationCanceledException>(() => pump.Run(
            async _ =>
            {
                await stop.CancelAsync();
                await never.Task;
            },
            TimeSpan.FromMilliseconds(50),
            stop.Token));
    }
}
