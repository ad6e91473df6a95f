namespace LightVM.Toolstack;

/// <summary>A progress that wants to know of bytes too: saves and restores of large guests take long each.</summary>
public interface IByteProgress : IProgress<int>
{
    /// <summary>Of all that is moved at the moment. Called on any thread.</summary>
    void ReportBytes(long done, long total);
}
