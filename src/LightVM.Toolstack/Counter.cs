namespace LightVM.Toolstack;

/// <summary>Counts guests that are done, from any thread.</summary>
internal sealed class Counter(IProgress<int>? progress) : IProgress<int>
{
    private int _done;

    public void Add() => progress?.Report(Interlocked.Increment(ref _done));

    /// <summary>A part of the work counts for itself; each of its reports is one guest more.</summary>
    public void Report(int value) => Add();
}
