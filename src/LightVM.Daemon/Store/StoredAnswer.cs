namespace LightVM.Daemon.Store;

/// <summary>The first answer to a request with an Idempotency-Key.</summary>
internal sealed record StoredAnswer(int Status, string? ContentType, string? ETag, string? Location, byte[] Body);
