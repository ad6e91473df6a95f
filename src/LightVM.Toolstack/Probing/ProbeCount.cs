namespace LightVM.Toolstack;

/// <summary>The answers to one probe, counted. Pure; used by one thread at a time.</summary>
internal sealed class ProbeCount(Probe probe)
{
    private int _row;
    private bool _lastPassed;

    /// <summary>Whether the probe passes or fails; null: neither has been seen often enough.</summary>
    public bool? Verdict { get; private set; }

    /// <summary>Takes an answer.</summary>
    /// <returns>Whether the verdict is another than before.</returns>
    public bool Add(bool passed)
    {
        _row = passed == _lastPassed ? _row + 1 : 1;
        _lastPassed = passed;
        if (_row < (passed ? probe.SuccessThreshold : probe.FailureThreshold) || Verdict == passed)
        {
            _row = Math.Min(_row, int.MaxValue - 1);
            return false;
        }

        Verdict = passed;
        return true;
    }
}
