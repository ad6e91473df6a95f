using System.Collections.Concurrent;

namespace LightVM.Daemon.Tests;

/// <summary>What HTTP needs of checkpoints to be tested as HTTP: files in memory.</summary>
internal sealed class MemoryCheckpoints
{
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    public SaveGuestsRequest? LastSave { get; set; }

    public RestoreGuestsRequest? LastRestore { get; set; }

    public CopyGuestsRequest? LastCopy { get; set; }

    public bool LastAutomatic { get; set; }

    public static Checkpoint Of(string name, Guest? guest = null) => new()
    {
        Name = name,
        GuestName = guest?.Name ?? "a",
        GuestId = guest?.Id ?? Guid.Empty,
        Image = "i",
        ImageDigest = "sha256:0",
    };

    public Checkpoint Get(string name) => Files.ContainsKey(name) ? Of(name) : throw Missing(name);

    public static LightVMException Missing(string name) => new(ErrorCodes.CheckpointNotFound, $"There is no checkpoint '{name}'.", name);

    public async Task<Checkpoint> PutAsync(string name, Stream content, bool automatic, bool force, CancellationToken cancellationToken)
    {
        if (Files.ContainsKey(name) && !force)
        {
            throw new LightVMException(ErrorCodes.CheckpointExists, $"There is a checkpoint '{name}'.", name);
        }

        using var file = new MemoryStream();
        await CheckpointCopy.RunAsync(content, file, name, null, cancellationToken);
        LastAutomatic = automatic;
        Files[name] = file.ToArray();
        return Of(name);
    }
}
