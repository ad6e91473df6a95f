namespace LightVM.Toolstack;

/// <summary>
/// A guest that is being sent, from its first byte until it is given up or goes on here: of giving up and going on, one wins. The guest's
/// gate is held for as long.
/// </summary>
internal sealed class MoveSession : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _off = new();
    private readonly TaskCompletionSource _givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private State _state = State.Sending;

    private enum State
    {
        Sending,
        Sent,
        GivenUp,
        CalledOff,
    }

    /// <summary>Cancelled when it is called off.</summary>
    public CancellationToken Off => _off.Token;

    public Task GivenUp => _givenUp.Task;

    /// <summary>Completes when its guest is either given up or goes on.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Too late is no error.</summary>
    public void CallOff()
    {
        try
        {
            _off.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    /// <summary>All is sent: it may be given up now.</summary>
    public async Task SentAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        _state = State.Sent;
        _turn.Release();
    }

    /// <summary>Gives it up by <paramref name="commit"/>, unless it has been called off, or was not sent whole.</summary>
    public async Task<bool> TryGiveUpAsync(Action commit)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_state == State.Sent)
            {
                commit();
                _state = State.GivenUp;
                _givenUp.TrySetResult();
            }

            return _state == State.GivenUp;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Whether the guest goes on here: nobody gives it up from then on.</summary>
    public async Task<bool> TryKeepAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_state != State.GivenUp)
            {
                _state = State.CalledOff;
            }

            return _state == State.CalledOff;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void End() => _ended.TrySetResult();

    public void Dispose()
    {
        _off.Dispose();
        _turn.Dispose();
    }
}
