namespace LightVM;

/// <summary>POST /v1/guests. At most <see cref="MaxBatch"/> guests.</summary>
public sealed class CreateGuestsRequest
{
    public const int MaxBatch = 10_000;

    public required IReadOnlyList<GuestDefinition> Guests { get; init; }

    /// <summary>False leaves them Stopped.</summary>
    public bool Start { get; set; } = true;
}
