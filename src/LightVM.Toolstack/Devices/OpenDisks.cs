namespace LightVM.Toolstack;

/// <summary>All disks of a start.</summary>
internal sealed class OpenDisks : IDisposable
{
    public static OpenDisks None { get; } = new();

    public List<OpenDisk> All { get; } = [];

    public void Dispose() => All.ForEach(disk => disk.Dispose());
}
