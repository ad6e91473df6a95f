namespace LightVM;

/// <summary>POST /v1/moves/{id}/start.</summary>
public sealed class MoveStart
{
    /// <summary>Of the source; null only with <see cref="Force"/>.</summary>
    public string? Token { get; init; }

    /// <summary>An administrator decides without the source's word.</summary>
    public bool Force { get; init; }
}
