namespace LightVM.Tinyx.Tests;

/// <summary>What becomes of programs that the builder runs, and of what they start. Needs root, as the builder does.</summary>
public sealed class ProgramsAreRun
{
    [Fact]
    public async Task A_contained_one_tells_what_it_said_and_how_it_ended()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        Runner.Result result = await Runner.RunContainedAsync("sh", ["-c", "echo said; echo wrong >&2; exit 7"], CancellationToken.None);
        Assert.Equal((7, "said\n", "wrong\n"), (result.Code, result.Output, result.Errors));
    }

    [Fact]
    public async Task Nothing_that_a_contained_one_started_is_left_when_it_is_canceled()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        string directory = Directory.CreateTempSubdirectory("tinyx-run-").FullName;
        try
        {
            // A child of its own session, which no signal to the program reaches; it holds a lock for as long as it lives.
            string lockFile = Path.Combine(directory, "lock"), ready = Path.Combine(directory, "ready");
            using var stop = new CancellationTokenSource();
            Task<Runner.Result> running = Runner.RunContainedAsync(
                "bash", ["-c", "setsid flock \"$0\" sh -c 'touch \"$0\"; exec sleep 600' \"$1\" & sleep 600", lockFile, ready], stop.Token);
            while (!File.Exists(ready))
            {
                Assert.False(running.IsCompleted);
                await Task.Delay(50);
            }

            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
            Runner.Result free = await Runner.RunAsync("flock", ["-w", "20", lockFile, "true"], CancellationToken.None);
            Assert.Equal(0, free.Code);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void A_disk_that_is_too_small_is_told_before_anything_is_written()
    {
        Problem problem = Assert.Throws<LightVMException>(() => DiskSpace.Require("/", long.MaxValue, "It cannot be made", "it")).Problem;
        Assert.Equal((ErrorCodes.DiskFull, "it"), (problem.Code, problem.Target));
        DiskSpace.Require("/", 0, "It cannot be made", "it");
    }
}
