namespace LightVM.Reconcile;

/// <summary>An entry of a guest's <c>files:</c>.</summary>
public sealed class FileSpec
{
    /// <summary>Where the guest finds it.</summary>
    public required string Path { get; init; }

    /// <summary>Full path of the local file that it is read from, or null.</summary>
    public string? Source { get; init; }

    /// <summary>Name of the secret that it holds, or null.</summary>
    public string? Secret { get; init; }

    /// <summary>Its bytes; of one with a <see cref="Source"/> or a <see cref="Secret"/> null until the references were checked.</summary>
    public byte[]? Content { get; internal set; }

    /// <summary>Permission bits.</summary>
    public int Mode { get; init; } = 0x124; // 0444

    public SourceMark Mark { get; init; }

    /// <summary>Its place in the document: <c>guests[0].files./index.html</c>.</summary>
    public string Place { get; init; } = "";

    public GuestFile ToGuestFile() => new() { Path = Path, Content = Content ?? [], Mode = Mode };
}
