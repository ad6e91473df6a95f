namespace LightVM.Daemon.Store;

/// <summary>What is remembered of a request with an Idempotency-Key before it is done.</summary>
internal sealed record RequestRecord
{
    public required string Actor { get; init; }

    public required string Key { get; init; }

    /// <summary>Unix seconds.</summary>
    public long Time { get; init; }

    /// <summary>Of method, path and body, so that a key that is used for something else is noticed.</summary>
    public long Fingerprint { get; init; }

    /// <summary>Of a creation: 16 bytes for the id of each guest, in the order of the request.</summary>
    public byte[] Ids { get; init; } = [];
}
