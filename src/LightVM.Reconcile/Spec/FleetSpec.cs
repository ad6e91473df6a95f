namespace LightVM.Reconcile;

/// <summary>A spec file that is right in itself: what a fleet is to be, and where the file says so.</summary>
public sealed class FleetSpec
{
    /// <summary>Name of the fleet.</summary>
    public required string Name { get; init; }

    /// <summary>The file as the user gave it.</summary>
    public required string File { get; init; }

    /// <summary>The file's full path.</summary>
    public required string FullPath { get; init; }

    /// <summary>SHA-256 of the file's bytes: <c>sha256:…</c>.</summary>
    public required string Digest { get; init; }

    /// <summary>The file's text.</summary>
    public string Text { get; init; } = "";

    /// <summary>The revision that it is gone back to with; null: it is a file as it is now.</summary>
    public long? RollbackOf { get; init; }

    public required SourceMark NameMark { get; init; }

    public AdoptPolicy Adopt { get; init; }

    /// <summary>Hosts that its guests are placed on; none: the host that the command is given.</summary>
    public IReadOnlyList<HostSpec> Hosts { get; init; } = [];

    public required IReadOnlyList<ImageSpec> Images { get; init; }

    public IReadOnlyList<NetworkSpec> Networks { get; init; } = [];

    /// <summary>What the host's shell pool is to keep ready.</summary>
    public IReadOnlyList<PoolSpec> Pool { get; init; } = [];

    public required IReadOnlyList<GuestSpec> Guests { get; init; }

    /// <summary>The same, of an earlier revision.</summary>
    internal FleetSpec As(string digest, long revision) => new()
    {
        Name = Name, File = File, FullPath = FullPath, Digest = digest, Text = Text, RollbackOf = revision, NameMark = NameMark, Adopt = Adopt, Hosts = Hosts, Images = Images,
        Networks = Networks, Pool = Pool, Guests = Guests,
    };

    /// <summary><c>file:line</c></summary>
    public string SourceOf(SourceMark mark) => $"{File}:{mark.Line}";
}
