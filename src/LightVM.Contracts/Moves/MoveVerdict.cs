namespace LightVM;

/// <summary>What stands between a guest and its destination, where nothing refuses it.</summary>
public sealed class MoveVerdict
{
    /// <summary>The host has not got the guest's image; it is to be brought here first.</summary>
    public bool NeedsImage { get; init; }
}
