namespace LightVM.Toolstack.Tests;

public sealed class AnswersThatComeTooLate
{
    private static readonly IoResult Done = new(true, 0, "");
    private static readonly IoResult Refused = new(true, 16, "offer the device");

    private readonly TaskCompletionSource<IoResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _late = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _givenUp;

    [Fact]
    public async Task Are_no_matter_where_they_come_in_time()
    {
        _answer.SetResult(Done);
        Assert.Equal(Done, await WaitAsync(TimeSpan.Zero));
        Assert.Equal(0, _givenUp);
        Assert.False(_late.Task.IsCompleted);
    }

    [Fact]
    public async Task Find_the_request_taken_back_before_anything_else_is_tried()
    {
        var sent = new List<string>();
        await Assert.ThrowsAsync<TimeoutException>(() => BoundedAnswer.WaitAsync(_answer.Task, TimeSpan.Zero, giveUp: () => sent.Add("remove")));
        sent.Add("add again");
        Assert.Equal(["remove", "add again"], sent);
    }

    [Fact]
    public async Task Are_made_good_if_the_work_was_done()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => WaitAsync(TimeSpan.Zero));
        Assert.Equal(1, _givenUp);
        Assert.False(_late.Task.IsCompleted);
        _answer.SetResult(Done);
        await _late.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, _givenUp);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Need_nothing_if_it_was_not(bool answered)
    {
        await Assert.ThrowsAsync<TimeoutException>(() => WaitAsync(TimeSpan.Zero));
        _answer.SetResult(answered ? Refused : IoResult.Lost);
        // What follows an answer is looked at in its order.
        await _answer.Task.ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.False(_late.Task.IsCompleted);
    }

    private Task<IoResult> WaitAsync(TimeSpan patience) =>
        BoundedAnswer.WaitAsync(_answer.Task, patience, () => _givenUp++, () => _late.TrySetResult());
}
