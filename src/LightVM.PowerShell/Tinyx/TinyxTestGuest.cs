namespace LightVM.PowerShell;

/// <summary>What a test of an image finds as <c>$_</c>.</summary>
public sealed class TinyxTestGuest
{
    public required string Name { get; init; }

    /// <summary>On its host's network; a test that runs elsewhere goes by <see cref="Endpoint"/>.</summary>
    public string? Address { get; init; }

    public required string HostName { get; init; }

    /// <summary>Bytes.</summary>
    public long Memory { get; init; }

    /// <summary>For each port of the image, where it is to be reached from this session: <c>$_.Endpoint[80]</c> is <c>127.0.0.1:34567</c>.</summary>
    public required IReadOnlyDictionary<int, string> Endpoint { get; init; }

    public override string ToString() => Name;
}
