using LightVM.Native;

namespace LightVM.Toolstack;

/// <summary>Adds up how far the saves or restores of one request are, for as long as somebody wants to know; and cancels them.</summary>
internal sealed class ByteCount : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private readonly Lock _sync = new();
    private readonly List<SaveProgress> _all = [];
    private readonly IByteProgress? _progress;
    private readonly Timer? _timer;
    private readonly CancellationTokenRegistration _canceled;

    public ByteCount(IProgress<int>? progress, CancellationToken cancellationToken)
    {
        _progress = progress as IByteProgress;
        _timer = _progress is null ? null : new Timer(_ => Report(), null, Interval, Interval);
        _canceled = cancellationToken.Register(Cancel);
    }

    /// <summary>One more that is moved.</summary>
    public SaveProgress Add()
    {
        var one = new SaveProgress();
        lock (_sync)
        {
            _all.Add(one);
        }

        return one;
    }

    /// <summary>When none of them is moved any more.</summary>
    public void Dispose()
    {
        _canceled.Dispose();
        _timer?.Dispose();
        lock (_sync)
        {
            _all.ForEach(one => one.Dispose());
            _all.Clear();
        }
    }

    private void Report()
    {
        lock (_sync)
        {
            if (_all.Count > 0)
            {
                _progress!.ReportBytes(_all.Sum(one => one.DoneBytes), _all.Sum(one => one.TotalBytes));
            }
        }
    }

    private void Cancel()
    {
        lock (_sync)
        {
            _all.ForEach(one => one.Cancel());
        }
    }
}
