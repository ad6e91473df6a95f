namespace LightVM.Toolstack;

/// <summary>How much a line of the daemon's log matters.</summary>
public enum LogSeverity
{
    Debug,
    Information,
    Warning,
    Error,
}
