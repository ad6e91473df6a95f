namespace LightVM.Toolstack;

/// <summary>When something that failed is tried again: after a second, then after twice as long each time. Not thread-safe.</summary>
internal sealed class BackOff
{
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private TimeSpan _pause;
    private TimeSpan _until;

    /// <param name="now">Since any moment, the same for all calls.</param>
    public void Fail(TimeSpan now)
    {
        _pause = _pause == TimeSpan.Zero ? Shortest : _pause * 2 < Longest ? _pause * 2 : Longest;
        _until = now + _pause;
    }

    public void Succeed() => _pause = _until = TimeSpan.Zero;

    /// <summary>How long to wait; zero or less: not any more.</summary>
    public TimeSpan Left(TimeSpan now) => _until - now;
}
