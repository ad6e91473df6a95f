namespace LightVM;

/// <summary>What a source hands out when it gives a guest up; the destination starts it for nothing else.</summary>
public sealed class MoveToken
{
    /// <summary>64 hexadecimal digits; the stream's header has had its SHA-256.</summary>
    public required string Token { get; init; }
}
