namespace LightVM.Toolstack.Tests;

/// <summary>Of giving a guest up and having it go on, one wins, whichever way they meet.</summary>
public sealed class SourcesGiveUpOnce
{
    [Fact]
    public async Task Not_before_all_is_sent()
    {
        using var session = new MoveSession();
        Assert.False(await session.TryGiveUpAsync(() => Assert.Fail("it was not sent")));
        await session.SentAsync();
        int times = 0;
        Assert.True(await session.TryGiveUpAsync(() => times++));
        Assert.True(await session.TryGiveUpAsync(() => times++)); // the answer was lost: asked again
        Assert.Equal(1, times);
        Assert.False(await session.TryKeepAsync());
        Assert.True(session.GivenUp.IsCompleted);
    }

    [Fact]
    public async Task Never_once_it_goes_on()
    {
        using var session = new MoveSession();
        await session.SentAsync();
        Assert.True(await session.TryKeepAsync());
        Assert.False(await session.TryGiveUpAsync(() => Assert.Fail("it goes on")));
        Assert.False(session.GivenUp.IsCompleted);
    }

    [Fact]
    public async Task Not_if_that_could_not_be_recorded()
    {
        using var session = new MoveSession();
        await session.SentAsync();
        await Assert.ThrowsAsync<IOException>(() => session.TryGiveUpAsync(() => throw new IOException("no space")));
        Assert.True(await session.TryKeepAsync());
    }

    [Fact]
    public async Task Whoever_comes_first()
    {
        for (int i = 0; i < 500; i++)
        {
            using var session = new MoveSession();
            await session.SentAsync();
            Task<bool>[] both = [Task.Run(() => session.TryGiveUpAsync(() => { })), Task.Run(session.TryKeepAsync)];
            bool[] won = await Task.WhenAll(both);
            Assert.True(won[0] ^ won[1]);
        }
    }
}
