namespace LightVM.Tinyx.Tests;

public sealed class LayersAreCached : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lightvm-cache-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task One_is_made_once()
    {
        var cache = new BuildCache(directory);
        int made = 0;
        Task Make(string into)
        {
            made++;
            return File.WriteAllTextAsync(Path.Combine(into, "f"), "x");
        }

        string one = await cache.GetAsync("kind", "key", Make, CancellationToken.None);
        Assert.Equal(one, await new BuildCache(directory).GetAsync("kind", "key", Make, CancellationToken.None));
        Assert.Equal(1, made);
        cache.Forget("kind");
        await cache.GetAsync("kind", "key", Make, CancellationToken.None);
        Assert.Equal(2, made);
    }

    [Fact]
    public async Task One_that_failed_leaves_nothing()
    {
        var cache = new BuildCache(directory);
        await Assert.ThrowsAsync<InvalidDataException>(() => cache.GetAsync("kind", "key", _ => throw new InvalidDataException(), CancellationToken.None));
        Assert.Empty(Directory.GetDirectories(Path.Combine(directory, "work")));
        Assert.Empty(Directory.GetDirectories(Path.Combine(directory, "kind")));
        Assert.True(Directory.Exists(await cache.GetAsync("kind", "key", _ => Task.CompletedTask, CancellationToken.None)));
    }

    [Fact]
    public async Task Two_that_want_the_same_make_it_once()
    {
        int made = 0;
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<string>[] both = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() => new BuildCache(directory).GetAsync(
            "kind",
            "key",
            async _ =>
            {
                Interlocked.Increment(ref made);
                go.TrySetResult();
                await go.Task;
            },
            CancellationToken.None)))];
        Assert.Equal(await both[0], await both[1]);
        Assert.Equal(1, made);
    }

    [Fact]
    public void What_a_dead_build_left_goes_with_the_next()
    {
        string mine = new BuildCache(directory).MakeWorkDirectory();
        string left = Directory.CreateDirectory(Path.Combine(directory, "work", "999999999-dead")).FullName;
        _ = new BuildCache(directory);
        Assert.True(Directory.Exists(mine));
        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public void Keys_keep_their_parts_apart() => Assert.NotEqual(BuildCache.Key("a", "bc"), BuildCache.Key("ab", "c"));
}
