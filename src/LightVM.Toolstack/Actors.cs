namespace LightVM.Toolstack;

/// <summary>Who does things without being asked.</summary>
internal static class Actors
{
    public const string Daemon = "daemon";
}
