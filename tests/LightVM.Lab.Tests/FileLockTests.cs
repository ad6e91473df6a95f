using LightVM.Lab.Host;

namespace LightVM.Lab.Tests;

public sealed class FileLockTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_second_waits_until_the_first_lets_go()
    {
        var path = _directory.File("deep/lock");
        var first = await FileLock.AcquireAsync(path, TimeSpan.FromSeconds(5), null, CancellationToken.None);
        var waiting = new TaskCompletionSource();
        var second = FileLock.AcquireAsync(path, TimeSpan.FromMinutes(1), waiting.SetResult, CancellationToken.None);
        await waiting.Task;
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
    }

    [Fact]
    public async Task A_wait_that_takes_too_long_names_the_file()
    {
        var path = _directory.File("lock");
        using var first = await FileLock.AcquireAsync(path, TimeSpan.FromSeconds(5), null, CancellationToken.None);
        var error = await Assert.ThrowsAsync<LabException>(
            () => FileLock.AcquireAsync(path, TimeSpan.Zero, null, CancellationToken.None));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }
}
