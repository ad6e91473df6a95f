namespace LightVM.Reconcile;

/// <summary>An entry of a guest's <c>adapters:</c>.</summary>
public sealed record AdapterSpec
{
    public string Network { get; init; } = "default";

    /// <summary>In lower case; null: the one that it has.</summary>
    public string? Mac { get; init; }

    /// <summary>IPv4; null: the one that it has.</summary>
    public string? Address { get; init; }

    /// <summary>Bytes per second each way; 0: no limit.</summary>
    public long RateLimit { get; init; }

    public SourceMark Mark { get; init; }

    /// <summary>Its place in the document: <c>guests[0].adapters[1]</c>.</summary>
    public string Path { get; init; } = "";
}
